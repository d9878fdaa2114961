"""The published sample that sleeps for a minute, run beside the other tests.

Both its styles get a Foundry of their own. Under xdist the first worker here runs them, and whoever has their tests
reads what came of it: hence the files.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from provisioner.emulator import Emulator, Options
from tests.programs.processes import MODELS, Ran, run

SAMPLE: Final = "agents/tools/sample_agent_memory_search"
STYLES: Final = ("", "_async")
PATIENCE_S: Final = 150


@contextmanager
def running_aside(samples: Path, shared: Path) -> Iterator[None]:
    with ThreadPoolExecutor(len(STYLES)) as pool:
        running = [
            pool.submit(_run, samples / f"{SAMPLE}{style}.py", _folder(shared, style))
            for style in STYLES
            if _is_first(_folder(shared, style))
        ]
        yield
    for one in running:
        one.result()


def outcome(shared: Path, style: str) -> Ran:
    result, deadline = _folder(shared, style) / "result.json", time.monotonic() + PATIENCE_S
    while not result.exists():
        assert time.monotonic() < deadline, f"{SAMPLE}{style} does not end"
        time.sleep(0.2)
    return Ran(**json.loads(result.read_text(encoding="utf-8")))


def _run(sample: Path, folder: Path) -> None:
    ran = Ran(code=-1, out="", err="It could not be run.")
    try:
        with Emulator(Options(deploy=MODELS)) as emulator:
            ran = run(sys.executable, sample, env=emulator.env, cwd=folder, timeout_s=PATIENCE_S - 10)
    finally:
        fresh = folder / "fresh.json"
        fresh.write_text(ran.to_json(), encoding="utf-8")
        fresh.rename(folder / "result.json")


def _folder(shared: Path, style: str) -> Path:
    return shared / f"memory-search{style}"


def _is_first(folder: Path) -> bool:
    try:
        folder.mkdir()
    except FileExistsError:
        return False
    return True
