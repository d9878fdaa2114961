"""Which credential of azure-identity's chain gave a token.

It tells in its log, at the level INFO: "DefaultAzureCredential acquired a token from AzureCliCredential". That is how
its troubleshooting guide finds out, too: https://aka.ms/azsdk/python/identity/defaultazurecredential/troubleshoot
"""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_ACQUIRED: Final = re.compile(r"acquired a token from (\w+)")
_LOGGER: Final = "azure.identity"


class Answers(logging.Handler):
    """What is heard, by the thread that asked."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self._by_thread: dict[int, str] = {}

    def emit(self, record: logging.LogRecord) -> None:
        found = _ACQUIRED.search(record.getMessage())
        if found is not None:
            self._by_thread[threading.get_ident()] = found[1]

    @property
    def here(self) -> str:
        """The one that gave this thread its last token; empty where none is known."""
        return self._by_thread.get(threading.get_ident(), "")


@contextmanager
def heard() -> Iterator[Answers]:
    """Listen for as long as this is open; nobody else does meanwhile, as what goes wrong is told by its error."""
    logger, answers = logging.getLogger(_LOGGER), Answers()
    level, propagates = logger.level, logger.propagate
    logger.addHandler(answers)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    try:
        yield answers
    finally:
        logger.removeHandler(answers)
        logger.setLevel(level)
        logger.propagate = propagates
