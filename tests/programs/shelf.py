"""Programs that nobody here wrote, kept in a git-ignored folder between runs.

Each folder is filled beside its place and renamed into it, so that several processes may try at once and nobody sees
half of one. What cannot be had skips its tests and says why.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import venv
from collections.abc import Callable, Mapping
from importlib import metadata
from pathlib import Path
from typing import Final

import pytest

SHELF: Final = Path(__file__).parents[2] / ".programs"
NODE_PACKAGES: Final = {
    "@azure/ai-projects": "2.10.0",
    "@azure/identity": "4.13.1",
    "@azure/arm-cognitiveservices": "8.1.0",
}
AZURITE: Final = "azurite@3.35.0"  # the newest for Node 20
AZURE_CLI: Final = "2.91.0"
PRE_COMMIT: Final = "4.3.0"
ACTIONLINT: Final = "1.7.12"
FEW_RETRIES: Final = ("--retries", "1", "--timeout", "30")
TIMEOUT_S: Final = 600


def published_samples() -> Path:
    """The `samples` folder of the sdist of azure-ai-projects, in the version that is installed."""
    version = metadata.version("azure-ai-projects")

    def fill(folder: Path) -> None:
        pip = [sys.executable, "-m", "pip", "download", "--quiet", *FEW_RETRIES, "--no-deps"]
        wanted = f"azure-ai-projects=={version}"
        _run(wanted, *pip, "--no-binary", "azure-ai-projects", "--dest", str(folder), wanted)
        (archive,) = folder.glob("*.tar.gz")
        shutil.unpack_archive(archive, folder, filter="data")
        # The samples look for a .env in every folder above them; nobody's own settings are to be found.
        (folder / ".env").touch()

    (samples,) = _kept(f"azure-ai-projects-{version}", fill).glob("azure_ai_projects-*/samples")
    return samples


def node_packages() -> Path:
    """A folder with `node_modules`: programs anywhere in it find the packages."""
    return _from_npm(*(f"{name}@{version}" for name, version in NODE_PACKAGES.items()))


def azurite() -> list[str]:
    """The words that start Azurite's blob service."""
    main = _from_npm(AZURITE) / "node_modules" / "azurite" / "dist" / "src" / "blob" / "main.js"
    return [shutil.which("node") or "node", str(main)]


def _from_npm(*words: str) -> Path:
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip("node and npm are not installed")

    def fill(folder: Path) -> None:
        (folder / "package.json").write_text('{"private": true}', encoding="utf-8")
        _run(words[0], npm, "install", "--no-audit", "--no-fund", "--fetch-retries=1", *words, cwd=folder)

    return _kept("-".join(["node", *words]).replace("/", "-"), fill)


def pre_commit() -> Path:
    """In an environment of its own."""
    scripts = "Scripts" if os.name == "nt" else "bin"

    def fill(folder: Path) -> None:
        venv.create(folder, with_pip=True)
        python = str(folder / scripts / "python")
        _run(
            f"pre-commit {PRE_COMMIT}",
            python,
            "-m",
            "pip",
            "install",
            "--quiet",
            *FEW_RETRIES,
            f"pre-commit=={PRE_COMMIT}",
        )

    return _kept(f"pre-commit-{PRE_COMMIT}", fill) / scripts / "pre-commit"


def actionlint() -> Path:
    """Built from its Go module."""
    go = shutil.which("go")
    if go is None:
        pytest.skip("go is not installed")
    wanted = f"github.com/rhysd/actionlint/cmd/actionlint@v{ACTIONLINT}"

    def fill(folder: Path) -> None:
        # with the Go that is here: it fetches no other, and settings of the machine for other modules do not count
        env = {**os.environ, "GOBIN": str(folder), "GOFLAGS": "-mod=mod", "GOTOOLCHAIN": "local"}
        _run(wanted, go, "install", wanted, env=env)

    return _kept(f"actionlint-{ACTIONLINT}", fill) / ("actionlint.exe" if os.name == "nt" else "actionlint")


def azure_cli() -> list[str]:
    """The words that start it: the one that is installed, or one of our own where 700 MB for it are allowed."""
    installed = shutil.which("az")
    if installed is not None:
        return [installed]
    if os.environ.get("PROVISIONER_TEST_AZURE_CLI") != "1":
        pytest.skip("no az on PATH; PROVISIONER_TEST_AZURE_CLI=1 installs one (a minute, 700 MB)")

    def fill(folder: Path) -> None:
        venv.create(folder, with_pip=True)
        wanted = f"azure-cli=={AZURE_CLI}"
        _run(wanted, str(_python_in(folder)), "-m", "pip", "install", "--quiet", *FEW_RETRIES, wanted)

    return [str(_python_in(_kept(f"azure-cli-{AZURE_CLI}", fill))), "-m", "azure.cli"]


def _python_in(folder: Path) -> Path:
    return folder / "Scripts" / "python.exe" if sys.platform == "win32" else folder / "bin" / "python"


def _kept(name: str, fill: Callable[[Path], None]) -> Path:
    folder = SHELF / name
    if folder.is_dir():
        return folder
    SHELF.mkdir(exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix="filling-", dir=SHELF))
    try:
        fill(fresh)
        try:
            fresh.rename(folder)
        except OSError:
            if not folder.is_dir():  # else another process was first
                raise
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return folder


def _run(wanted: str, *command: str, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> None:
    try:
        done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired:
        pytest.skip(f"{wanted} cannot be downloaded: it took longer than {TIMEOUT_S} s")
    if done.returncode != 0:
        errors = [line for line in done.stderr.splitlines() if line.lower().startswith(("error", "npm error"))]
        pytest.skip(f"{wanted} cannot be downloaded: {errors[0] if errors else done.stderr or done.returncode}")
