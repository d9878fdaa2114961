"""What `--log-level` and `--log-format` switch on. Requests are logged by path and status; tokens and bodies never."""

from __future__ import annotations

import logging
from typing import Final

from provisioner.model.pipelines import inert
from provisioner.render.json_text import json_text
from provisioner.render.safe import one_line, visible

_TEXT: Final = "%(asctime)s %(levelname)s %(name)s: %(message)s"


class _JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json_text(line)


class _TextLines(logging.Formatter):
    """What is logged steers neither a terminal nor a pipeline, and begins no line of its own."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  its name is logging's
        return one_line(super().formatMessage(record))

    def format(self, record: logging.LogRecord) -> str:
        return inert(visible(super().format(record)))


def tame() -> None:
    """Where nothing is logged, warnings of libraries reach stderr all the same."""
    if logging.lastResort is not None:
        logging.lastResort.setFormatter(_TextLines("%(message)s"))


def configure(level: str, style: str) -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(_JsonLines() if style == "json" else _TextLines(_TEXT))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("provisioner").setLevel(level.upper())
