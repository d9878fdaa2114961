"""Why we cannot go on.

ProvisionerError            said once, by the command line, with its exit code
├── ManifestInvalid         the manifest has errors; carries every diagnostic
├── Refused                 a guard forbids it; carries every refusal
├── Forbidden               a policy forbids the command; carries who says so
├── Stale                   a saved plan is out of date; carries what moved since
├── Interrupted             Ctrl-C
└── PlaneError              a plane refused, broke or cannot be reached; carries a Failure
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

from provisioner.model.diagnostic import Diagnostic

STOPPED: Final = "stopped"  # the code of what was told to end early, and can be gone on with


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A refusal in the service's own words, and our advice. `status` is the HTTP status, 0 when none came."""

    message: str
    code: str = ""
    status: int = 0
    request_id: str = ""
    advice: str = ""


class ProvisionerError(Exception):
    """The message says what and why; `hint` what to do."""

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class ManifestInvalid(ProvisionerError):  # noqa: N818 - the name says it
    def __init__(self, diagnostics: tuple[Diagnostic, ...], hint: str = "", *, what: str = "manifest") -> None:
        super().__init__(f"The {what} has errors.", hint)
        self.diagnostics = diagnostics


class Refused(ProvisionerError):  # noqa: N818 - the name says it
    def __init__(self, refusals: tuple[Diagnostic, ...]) -> None:
        super().__init__("The plan was refused; nothing was changed.")
        self.refusals = refusals


class Forbidden(ProvisionerError):  # noqa: N818 - the name says it
    def __init__(self, refusals: tuple[Diagnostic, ...]) -> None:
        super().__init__("The policy forbids this; nothing was changed.")
        self.refusals = refusals


class Stale(ProvisionerError):  # noqa: N818 - the name says it
    def __init__(self, moved: tuple[Diagnostic, ...]) -> None:
        super().__init__(
            "The plan is out of date: what it was made from has moved since; nothing was changed.",
            "Plan again, and have that plan reviewed.",
        )
        self.moved = moved


class Interrupted(ProvisionerError):  # noqa: N818 - the name says it
    exit_code = 130


class PlaneError(ProvisionerError):
    """`ambiguous` when the service may have done the work all the same: no answer, or a 5xx. `wait_s` is how long it
    asked us to wait, where it did.
    """

    def __init__(self, failure: Failure, *, ambiguous: bool = False, wait_s: float | None = None) -> None:
        super().__init__(failure.message, failure.advice)
        self.failure = failure
        self.ambiguous = ambiguous
        self.wait_s = wait_s


class Unreadable(ProvisionerError):  # noqa: N818 - the name says it
    """Live state could not be read; carries what each plane said."""

    def __init__(self, causes: tuple[PlaneError, ...]) -> None:
        super().__init__("The live state could not be read; nothing was changed.")
        self.causes = causes
