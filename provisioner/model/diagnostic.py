"""A problem with a place and a remedy."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from provisioner.model.address import Address
from provisioner.model.words import listed


class Severity(str, Enum):
    """A note tells what could not be known."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Location:
    """Line and column count from 1; `path` is the manifest path (`agents.dev-buddy.model`)."""

    file: str
    line: int = 1
    column: int = 1
    path: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostic:
    """`code` is stable and kebab-case; `message` says what and why, `hint` what to do, each
    command that is to be copied on a line of its own. `resources` are all that it is
    about, where those may be several: the place is the first one's. `environments` are those
    of the manifest that it was found in, where others were looked at and do not have it.
    """

    code: str
    message: str
    hint: str = ""
    severity: Severity = Severity.ERROR
    where: Location | None = None
    resources: tuple[Address, ...] = ()
    environments: tuple[str, ...] = ()

    @property
    def told(self) -> str:
        """The message, and which environments it is about."""
        if not self.environments:
            return self.message
        several = "environments" if len(self.environments) > 1 else "environment"
        return f"{self.message} Only in the {several} {listed(self.environments)}."

    @property
    def is_error(self) -> bool:
        return self.severity is Severity.ERROR

    @property
    def order(self) -> tuple[object, ...]:
        """Sort key: by place, then code; what has no place comes last."""
        where = self.where
        if where is None:
            return (1, "", 0, 0, self.code, self.message)
        return (0, where.file, where.line, where.column, self.code, self.message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a kind finds wrong in one entry; `path` is relative to the entry. The manifest room adds the place, which is
    the value's, or the key's with `at_key`.
    """

    path: tuple[str, ...]
    code: str
    message: str
    hint: str = ""
    severity: Severity = Severity.ERROR
    at_key: bool = False
