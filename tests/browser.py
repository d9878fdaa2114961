"""Headless Chromium, where it is installed."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

CHROMIUM: Final = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="no chromium is installed")


@dataclass(frozen=True, slots=True)
class Opened:
    """The document after its script ran, and what the browser said."""

    document: str
    log: str


def opened(address: str, folder: Path, *flags: str) -> Opened:
    """`folder` is for what the browser keeps."""
    command = [
        str(CHROMIUM),
        *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
        *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"),
        *("--ignore-certificate-errors", "--no-proxy-server", f"--user-data-dir={folder}", "--enable-logging=stderr"),
        *flags,
        *("--dump-dom", address),
    ]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", timeout=60, check=True)
    return Opened(done.stdout, done.stderr)
