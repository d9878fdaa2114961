"""What one check found, and which checks there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from provisioner.model.diagnostic import Diagnostic


class State(Enum):
    """`FAILED` is what would stop an apply, `UNKNOWN` what could not be looked at."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    UNKNOWN = "unknown"


# In the order in which they are told; those of a plan follow, see `preflight.settings.IDS`.
CHECKS: Final[Mapping[str, str]] = {
    "versions": "Which versions of the provisioner, Python and the libraries run here, on which platform.",
    "manifest": "The manifest can be read and has no errors.",
    "variables": "Every variable that the manifest needs is set.",
    "dotenv": "Which names a `.env` file sets, and that nobody else may read it.",
    "state": "The local Foundry's state can be kept in `.provisioner/`.",
    "cache": "The list of models can be kept in the user's cache folder.",
    "project": "It is known which project is meant, and a token may be sent there.",
    "proxy": "Which proxy leads to each plane.",
    "ca-bundle": "The CAs that are trusted can be read.",
    "project-plane": "The project's host is found, trusted, and answers as Azure does.",
    "management-plane": "So is and does Azure Resource Manager.",
    "clock": "This machine's clock goes as theirs do.",
    "sign-in": "Somebody is signed in, and which credential of azure-identity's chain it is.",
    "project-token": "The token for the project: for whom, of which tenant, until when.",
    "management-token": "The same of the token for Azure Resource Manager.",
    "project-access": "Whoever is signed in may read the project.",
    "management-access": "And the account.",
    "lock": "The manifest's lock, if it has one, can be read, and nobody holds it.",
    "plan": "What is live can be read, and a plan can be made that is not refused.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """`message` is what is there, `hint` what to do. `details` are the same for programs; `diagnostics` are problems
    with places of their own; `requests` are the ids by which support finds what was refused.
    """

    check: str
    state: State
    message: str
    hint: str = ""
    details: Mapping[str, str] = field(default_factory=dict)
    diagnostics: Sequence[Diagnostic] = ()
    requests: Sequence[str] = ()


def unknown(check: str, why: str, hint: str = "") -> Verdict:
    return Verdict(check=check, state=State.UNKNOWN, message=why, hint=hint)


def failed(check: str, message: str, hint: str = "", *, requests: Sequence[str] = ()) -> Verdict:
    return Verdict(check=check, state=State.FAILED, message=message, hint=hint, requests=requests)


def is_healthy(verdicts: Sequence[Verdict]) -> bool:
    """Whether nothing would stop an apply, as far as could be looked at."""
    return all(it.state is not State.FAILED for it in verdicts)
