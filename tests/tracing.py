"""Where coverage looks away."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from provisioner.emulator import Emulator, Options


@contextmanager
def untraced() -> Iterator[None]:
    """Coverage sees nothing of what is done here, nor of threads that begin here. It is for what is done many times
    over, and is seen where it is done once: the tracer makes it take up to four times as long.
    """
    here, in_threads = sys.gettrace(), threading.gettrace()
    sys.settrace(None)
    threading.settrace(None)
    try:
        yield
    finally:
        sys.settrace(here)
        threading.settrace(in_threads)


@contextmanager
def untraced_here() -> Iterator[None]:
    """Coverage sees nothing of what this thread does here; it goes on to see the local Foundry's own threads."""
    here = sys.gettrace()
    sys.settrace(None)
    try:
        yield
    finally:
        sys.settrace(here)


@contextmanager
def running_untraced(options: Options) -> Iterator[Emulator]:
    """A local Foundry for tests of what speaks to it; those of `tests/emulator` look at the local Foundry itself."""
    emulator = Emulator(options)
    with untraced():
        emulator.start()
    try:
        yield emulator
    finally:
        emulator.stop()
