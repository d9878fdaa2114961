"""Flags about memories, and counting those that a plan is about."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from provisioner.manifest.files import STDIN, Found, read_manifest, shown_path
from provisioner.manifest.limits import Budget
from provisioner.memory.scopes import EXPORT, FILE
from provisioner.model.address import Address
from provisioner.model.errors import ProvisionerError
from provisioner.model.migration import RATE
from provisioner.model.plan import Plan
from provisioner.model.resource import Desired, Live
from provisioner.model.scopes import ADVICE, listed_scopes, scope_fault
from provisioner.model.words import quoted

if TYPE_CHECKING:
    from provisioner.planes.service import Planes

_MOST_BYTES: Final = 20_000_000
_EXPORTS: Final = (".jsonl", ".jsonl.gz")


@dataclass(frozen=True, slots=True, kw_only=True)
class Census:
    """What the command says of memories: see `memory.survey.Counting`."""

    scopes_from: Path | None = None
    exact: bool = False
    shown: bool = False
    rate: int | None = None

    def of(
        self,
        plan: Plan,
        desired: Mapping[Address, Desired],
        live: Mapping[Address, Live],
        planes: Planes,
        *,
        parallelism: int,
    ) -> Plan:
        """The plan with the memories counted that it is about. Raises ProvisionerError for a bad file of scopes, also
        where the plan needs none.
        """
        given = scopes_in(self.scopes_from) if self.scopes_from is not None else {}
        if not any(it.loses_data or it.migration is not None for it in plan.changes):
            return plan
        from provisioner.memory.pacing import usual_rate  # noqa: PLC0415 - most plans lose nothing
        from provisioner.memory.plane import Memories  # noqa: PLC0415
        from provisioner.memory.survey import Counting, survey  # noqa: PLC0415

        rate = self.rate if self.rate is not None else usual_rate(planes.target.endpoint)
        counting = Counting(given=given, exact=self.exact, shown=self.shown, rate=rate)
        return survey(plan, desired, live, Memories(planes.project), counting, at_once=parallelism)


def scopes_in(path: Path) -> Mapping[str, tuple[str, ...]]:
    """Those of a list, or of an export of memories, by what it is. Raises ProvisionerError."""
    if path.name.endswith(_EXPORTS):
        return {EXPORT: _exported(path)}
    return {FILE: read_scopes(path)}


def _exported(path: Path) -> tuple[str, ...]:
    from provisioner.cli.export_files import export_opened  # noqa: PLC0415 - few plans are made beside a backup
    from provisioner.memory.importing import read_export  # noqa: PLC0415

    with export_opened(str(path)) as stream:
        return tuple(read_export(stream).runs)


def read_scopes(path: Path) -> tuple[str, ...]:
    """Of a file with one a line, or of stdin. Raises ProvisionerError."""
    text, problem = read_manifest(Found(path), Budget(), limit=_MOST_BYTES)
    if text is None:
        raise ProvisionerError(problem.message if problem else f"{quoted(shown_path(path))} cannot be read.")
    lines = list(listed_scopes(text))
    for number, scope in lines:
        if fault := scope_fault(scope):  # whose it is stays untold
            message = f"--scopes-from: the scope on line {number} of {quoted(shown_path(path))} {fault}."
            raise ProvisionerError(message, ADVICE)
    return tuple(dict.fromkeys(scope for _, scope in lines))


_SCOPES_FROM: Final = click.option(
    "--scopes-from",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Scopes of memory stores, one a line, beside those that the manifest and live agents name; - reads stdin. Of "
    "an export of memories (.jsonl, .jsonl.gz), those that are in it.",
)
_SHOW_SCOPES: Final = click.option(
    "--show-scopes", is_flag=True, help="Show the names of scopes, which may be people's; else only how many there are."
)
_COUNT: Final = click.option(
    "--count",
    "exact",
    is_flag=True,
    help="Count every memory that would be lost or moved; else at most 1,000 of each scope.",
)
_RATE: Final = click.option(
    "--rate",
    type=click.IntRange(min=0),
    metavar="REQUESTS",
    help="How many requests a minute a migration of memories sends at most; 0 is as many as are answered. By default "
    f"{RATE:,}, and 0 for a local Foundry.",
)


def census_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Gives the command what they say, as `census`."""

    @wraps(function)
    def told(
        *positional: Any, scopes_from: Path | None, show_scopes: bool, exact: bool, rate: int | None, **others: Any
    ) -> Any:
        if scopes_from == STDIN and STDIN in others.get("files", ()):
            raise click.UsageError("--scopes-from - and -f - both read stdin; name a file for one of them.")
        census = Census(scopes_from=scopes_from, exact=exact, shown=show_scopes, rate=rate)
        return function(*positional, census=census, **others)

    for option in (_RATE, _COUNT, _SHOW_SCOPES, _SCOPES_FROM):
        told = option(told)
    return told
