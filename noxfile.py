"""What is done again and again: `nox -l` lists it, `nox -s fast` does one of it.

Sessions run in the environment that nox is installed in (README, "Develop"), but for those that are about another one.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import nox

nox.options.default_venv_backend = "none"
nox.options.sessions = ["fast"]

ROOT = Path(__file__).parent
PURE = ("tests/model", "tests/manifest", "tests/reconcile", "tests/kinds", "tests/render", "tests/readme")
GOLDEN = (
    "tests/render",
    "tests/doctor",
    "tests/readme/test_readme.py",
    "tests/emulator/test_rules.py",
    "tests/emulator/test_agent_shapes.py",
)
SCHEMAS = (
    ("manifest", ()),
    ("plan", ("--plan",)),
    ("drift", ("--drift",)),
    ("compare", ("--compare",)),
    ("events", ("--events",)),
    ("check", ("--check",)),
    ("doctor", ("--doctor",)),
    ("log", ("--log",)),
)
PROGRAMS = ("tests/programs", "tests/emulator/test_real_clients.py")
BESIDE = (
    "action.yml",
    "tests",
    "benchmarks",
    "docs",
    "examples",
    "schemas",
    "README.md",
    "CHANGELOG.md",
    "pyproject.toml",
    "stores.yaml",
)


@nox.session
def fast(session: nox.Session) -> None:
    """The linters, and the tests of the rooms that need no server: below 90 seconds on two cores."""
    session.run("ruff", "format", "--check", ".")
    session.run("ruff", "check", ".")
    session.run("python", "-m", "pytest", "-q", "-n", "auto", *PURE, *session.posargs)


@nox.session
def all(session: nox.Session) -> None:  # noqa: A001  it is called by this name
    """Everything that must hold before a change lands."""
    session.run("bash", ".ci/run", external=True)


@nox.session
def check(session: nox.Session) -> None:
    """Format, lint, types, layers, and the schemas as the code has them."""
    session.run("ruff", "format", "--check", ".")
    session.run("ruff", "check", ".")
    session.run("mypy")
    session.run("lint-imports")
    for name, flags in SCHEMAS:
        written = ROOT / "schemas" / f"{name}.v1.schema.json"
        made = session.run("provisioner", "schema", *flags, silent=True, stderr=None)
        if made != written.read_text(encoding="utf-8"):
            session.error(f"{written.name} is not what the code says; run: nox -s golden")


@nox.session
def golden(session: nox.Session) -> None:
    """Write anew what people read: golden files, schemas, the README's table, the rules, the pipeline that is to be
    copied. Review the difference.
    """
    session.run("python", "-m", "pytest", "-q", *GOLDEN, "--update-golden", success_codes=[0, 1])
    for name, flags in SCHEMAS:
        made = session.run("provisioner", "schema", *flags, silent=True, stderr=None)
        (ROOT / "schemas" / f"{name}.v1.schema.json").write_text(str(made), encoding="utf-8")
    ready = ROOT / "examples" / "pipelines" / "github"
    shutil.rmtree(ready)
    ready.mkdir()
    with session.chdir(ready):
        session.run("provisioner", "init", "--github", "--name", "my-agents", silent=True)
    shutil.copy(ready / ".github" / "actions" / "provisioner" / "action.yml", ROOT)


@nox.session
def lock(session: nox.Session) -> None:
    """Renew the versions that the tests run with. Users' installs stay unpinned."""
    session.run(
        *("uv", "pip", "compile", "--quiet", "--upgrade", "--universal", "--python-version", "3.10"),
        *(
            "--extra",
            "local",
            "--extra",
            "lock",
            "--extra",
            "checks",
            "--extra",
            "examples",
            "--group",
            "dev",
            "pyproject.toml",
        ),
        *("--no-emit-package", "foundry-provisioner", "--no-emit-index-url", "--no-emit-find-links"),
        *("--output-file", "tests/constraints.txt"),
        env={"UV_CUSTOM_COMPILE_COMMAND": "nox -s lock"},
    )


@nox.session
def unpinned(session: nox.Session) -> None:
    """The tests with whatever the registries give today: what users will install. Tells early of a release that breaks
    us; part of no landing.
    """
    python = _fresh(session, ROOT / ".venv" / "unpinned")
    session.run(
        python, "-m", "pip", "install", "--quiet", "--editable", ".[local,lock,checks,examples]", "--group", "dev"
    )
    session.run(python, "-m", "pytest", "-n", "auto", *session.posargs)


@nox.session
def programs(session: nox.Session) -> None:
    """The programs that nobody here wrote, against the local Foundry; they are downloaded first."""
    session.run("python", "-m", "pytest", "-q", "-n", "auto", *PROGRAMS, *session.posargs)


@nox.session
def package(session: nox.Session) -> None:
    """Build the sdist, a wheel from that, and test the wheel as it is installed, without the sources in sight."""
    with tempfile.TemporaryDirectory() as folder:
        dist, place = Path(folder) / "dist", Path(folder) / "checkout"
        session.run("python", "-m", "build", "--outdir", str(dist))
        python = _fresh(session, Path(folder) / "venv")
        (wheel,) = dist.glob("*.whl")
        constraints = str(ROOT / "tests" / "constraints.txt")
        session.run(
            *(python, "-m", "pip", "install", "--quiet", f"{wheel}[local,lock,checks,examples]"),
            *("--group", "dev", "--constraint", constraints),
        )
        place.mkdir()
        for name in BESIDE:
            copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
            copy(ROOT / name, place / name)
        os.chdir(place)
        session.run(python, "-m", "pytest", "-q", "-n", "auto", "tests/journeys", "tests/kinds", *session.posargs)


def _fresh(session: nox.Session, folder: Path) -> str:
    """An environment of its own; gives its Python."""
    shutil.rmtree(folder, ignore_errors=True)
    session.run("python", "-m", "venv", str(folder))
    python = str(folder / ("Scripts" if os.name == "nt" else "bin") / "python")
    session.run(python, "-m", "pip", "install", "--quiet", "--upgrade", "pip>=25.1")
    return python
