"""What every test folder shares: golden files, the settings of Hypothesis and of the processes that tests start.
Nothing here starts a server.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
import signal
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, nullcontext
from typing import TypeAlias

import hypothesis
import pytest

import provisioner
from tests.tracing import untraced, untraced_here
from tests.whole import EVERYDAY, THOROUGH

Golden: TypeAlias = Callable[[str, str], None]

hypothesis.settings.register_profile("thorough", deadline=None, max_examples=THOROUGH)
hypothesis.settings.register_profile("everyday", deadline=None, max_examples=EVERYDAY)
hypothesis.settings.load_profile("everyday")
# Tests start a hundred processes of ours: they compile the sources once, whatever this process is told to leave undone.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
# A run in the background of a script ignores interrupts, and so would they, whom some tests interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "untraced: it does much of what other tests do once; coverage looks away")
    config.addinivalue_line("markers", "client: what it tests is in other threads; coverage looks at them alone")
    config.addinivalue_line("markers", "rule(number, ...): rules of docs/emulator-rules.md that the test holds")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """`-n auto` is three for two cores: tests wait for processes that they started, for disks and for time limits."""
    return max(1, (os.cpu_count() or 1) * 3 // 2)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="rewrite the golden files with what is produced now")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Coverage sees what the product's modules do when they are imported, and looks away while those of the tests are
    rewritten and imported, which takes twice as long before its eyes.
    """
    for module in pkgutil.walk_packages(provisioner.__path__, "provisioner."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    with untraced():
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    with _looking(item):
        return (yield)


def _looking(item: pytest.Item) -> AbstractContextManager[None]:
    if any(map(item.get_closest_marker, ("untraced", "hypothesis"))):
        return untraced()
    return untraced_here() if item.get_closest_marker("client") else nullcontext()


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    """`golden(name, text)`: the text is exactly that of `golden/<name>` beside the test's file."""
    folder = request.path.parent / "golden"
    update = request.config.getoption("--update-golden")

    def compare(name: str, actual: str) -> None:
        file = folder / name
        if update:
            folder.mkdir(exist_ok=True)
            file.write_bytes(actual.encode("utf-8"))

        assert file.read_text(encoding="utf-8") == actual

    return compare
