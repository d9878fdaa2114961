"""What `--log-level`, `--log-format` and `--log-file` switch on.

What is known of the run stands in every JSON line from then on.
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timezone
from pathlib import Path
from typing import IO, Any, Final

import click

from provisioner import __version__
from provisioner.cli.files import require_inside
from provisioner.cli.logs import LOG, TextLines
from provisioner.cli.terminal import note
from provisioner.model.errors import (
    Interrupted,
    ManifestInvalid,
    PlaneError,
    ProvisionerError,
    Refused,
    Stale,
    Unreadable,
)
from provisioner.model.reasons import reason
from provisioner.model.redact import harmless
from provisioner.model.run import Run
from provisioner.render.json_text import json_text
from provisioner.render.safe import one_line

_TEXT: Final = "%(asctime)s %(levelname)s %(name)s: %(message)s"
_KEPT: Final = ("owner", "environment", "plan_digest")
_OURS: Final = "provisioner"
_READ: Final = "manifest_read"
_NAMES: Final[Mapping[type[BaseException], str]] = {
    ManifestInvalid: "manifest-invalid",
    Refused: "plan-refused",
    Stale: "plan-stale",
    Unreadable: "unreadable",
    Interrupted: "interrupted",
    KeyboardInterrupt: "interrupted",
    click.Abort: "interrupted",
    click.ClickException: "usage",
    ProvisionerError: "failed",
    OSError: "output",
}


class RunLog:
    """Switched on until it is ended. With a file, stderr has what it would have without a log. Raises ProvisionerError
    where the file cannot be written.
    """

    def __init__(self, level: str, style: str, *, file: Path | None = None, run: Run | None = None) -> None:
        self._run = run or Run()
        self._started = time.monotonic()
        known = _known(self._run)
        shown = _InFile(file) if file is not None else _OnStderr()
        shown.setLevel(level.upper())
        shown.setFormatter(_JsonLines(known) if style == "json" else TextLines(_TEXT))
        self._handlers = [_Knowing(known), shown] if file is None else [_Knowing(known), shown, _warnings()]
        for handler in self._handlers:
            logging.root.addHandler(handler)
        logging.getLogger(_OURS).setLevel(min(shown.level, logging.INFO))

    def begin(self, command: str) -> None:
        facts: dict[str, object] = {"event": "run_started", "command": command, "version": __version__}
        if (pipeline := self._run.pipeline) is not None:
            facts |= {"pipeline": pipeline.name, "run_url": pipeline.url}
        if self._run.trace is not None:
            facts["parent_span_id"] = self._run.trace.parent
        LOG.info("%s begins.", command or _OURS, extra={"facts": facts})

    def end(self, exit_code: int, error: BaseException | None = None) -> None:
        elapsed_s = round(time.monotonic() - self._started, 3)
        name = _name_of(error)
        facts = {"event": "run_ended", "exit_code": exit_code, "error": name, "elapsed_s": elapsed_s}
        LOG.info("It ended with exit code %d%s.", exit_code, f" ({name})" if name else "", extra={"facts": facts})
        for handler in self._handlers:
            logging.root.removeHandler(handler)
            handler.close()
        logging.getLogger(_OURS).setLevel(logging.NOTSET)


class _JsonLines(logging.Formatter):
    """`known` is what every line tells."""

    def __init__(self, known: Mapping[str, object]) -> None:
        super().__init__()
        self._known = known

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, timezone.utc).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": "message",
            "message": harmless(record.getMessage()),
            **self._known,
            **_facts(record),
        }
        if record.exc_info:
            line["exception"] = harmless(self.formatException(record.exc_info))
        return json_text(line)


class _OnStderr(logging.StreamHandler[Any]):
    """That it cannot be written stops nothing, and there is nowhere else to say it. Whoever repeats elsewhere what they
    hear on stderr, as the action does in a comment, hears nothing of the log.
    """

    def __init__(self) -> None:
        super().__init__(getattr(sys.stderr, "unheard", sys.stderr))

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  its name is logging's
        if not isinstance(sys.exc_info()[1], (OSError, ValueError)):
            super().handleError(record)


class _InFile(logging.Handler):
    """Behind what is in it, one write a line, so that several runs may share it. One that cannot be written any more is
    left, and that is said once: the run goes on.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[bytes] | None = _opened(path)
        super().__init__()  # last, as logging closes at the exit whatever was begun

    def emit(self, record: logging.LogRecord) -> None:
        if self._file is None:
            return
        line = f"{self.format(record)}\n".encode("utf-8", "backslashreplace")
        try:
            while line:
                line = line[self._file.write(line) :]
        except OSError as error:
            self._leave()
            note(
                f'Warning: The log file "{one_line(str(self._path))}" cannot be written any more: {reason(error)}. '
                "The run goes on without it."
            )

    def close(self) -> None:
        self._leave()
        super().close()

    def _leave(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            with suppress(OSError):  # nothing is left in it to be written
                file.close()


class _Knowing(logging.Handler):
    """Writes nothing: what is told once stays known, though it be told below the level that is written. What is told in
    two ways (of several environments) is not the run's.
    """

    def __init__(self, known: dict[str, object]) -> None:
        super().__init__()
        self._known = known
        self._told: dict[str, set[object]] = {name: set() for name in _KEPT}

    def emit(self, record: logging.LogRecord) -> None:
        facts = _facts(record)
        if facts.get("event") == _READ:
            facts = {"environment": None, **facts}
        for name in (name for name in _KEPT if name in facts):
            self._told[name].add(facts[name])
            if len(self._told[name]) > 1 or facts[name] is None:
                self._known.pop(name, None)
            else:
                self._known[name] = facts[name]


def _name_of(error: BaseException | None) -> str:
    """Which sort it is. Its message may quote the command line, or what was sent: that is on stderr alone."""
    if error is None or isinstance(error, click.exceptions.Exit):  # which is no error: help was asked for
        return ""
    if isinstance(error, PlaneError):
        return error.failure.code or "refused-by-service"
    return next((name for kind, name in _NAMES.items() if isinstance(error, kind)), "mistake")


def _warnings() -> logging.Handler:
    handler = _OnStderr()
    handler.setLevel(logging.WARNING)
    handler.setFormatter(TextLines("%(message)s"))
    return handler


def _known(run: Run) -> dict[str, object]:
    known: dict[str, object] = {"run_id": run.id}
    return {**known, "trace_id": run.trace.id} if run.trace is not None else known


def _facts(record: logging.LogRecord) -> Mapping[str, object]:
    facts: Mapping[str, object] = getattr(record, "facts", {})
    return facts


def _opened(path: Path) -> IO[bytes]:
    require_inside(path)
    try:
        return path.open("ab", buffering=0)
    except FileNotFoundError as error:
        raise ProvisionerError(f'"{path}" cannot be written: there is no folder "{path.parent}".') from error
    except OSError as error:
        raise ProvisionerError(f'"{path}" cannot be written: {reason(error)}.', "Name a file for the log.") from error
