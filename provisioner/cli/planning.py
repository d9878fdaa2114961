"""Reading and planning, for the commands that do both."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from provisioner.apply.observe import observe
from provisioner.apply.references import missing_references
from provisioner.apply.workers import side_by_side
from provisioner.cli.access import diagnosed
from provisioner.cli.census import Census
from provisioner.cli.preflight import Ground, Preflight
from provisioner.cli.terminal import note
from provisioner.kinds import KINDS, TRAITS
from provisioner.kinds.live_names import readdressed
from provisioner.manifest.load import Manifest
from provisioner.model.address import Address
from provisioner.model.allowances import Allowances
from provisioner.model.errors import ProvisionerError
from provisioner.model.plan import Plan
from provisioner.model.resource import Desired, Live
from provisioner.model.run_scope import RunScope
from provisioner.model.words import guess, listed
from provisioner.reconcile.guard import idle_allowances
from provisioner.reconcile.migrations import shadows
from provisioner.reconcile.planner import make_destruction, make_plan
from provisioner.reconcile.scopes import of_one_name
from provisioner.reconcile.selection import known_names, live_address, unmatched
from provisioner.reconcile.successors import successions
from provisioner.render.safe import one_line

if TYPE_CHECKING:
    from provisioner.planes.service import Planes

_REPEAT_S: Final = 5.0
_CENSUS: Final = Census()
MOST_PLAN_BYTES: Final = 50_000_000  # of a saved plan that is read back: several times what ten thousand changes take

T = TypeVar("T")
U = TypeVar("U")


def planned(
    manifest: Manifest,
    planes: Planes,
    allow: Allowances,
    preflight: Preflight,
    census: Census = _CENSUS,
    *,
    parallelism: int,
) -> Plan:
    """With what Azure would refuse among its refusals, and with the memories counted that are at stake."""
    with looking(planes) as service:
        seen = unchecked(manifest, service, allow, preflight, parallelism=parallelism)
        plan = census.of(seen.plan, seen.manifest.resources, seen.live, service, parallelism=parallelism)
        return preflight.check(plan, _inside(plan, seen.manifest), seen.live, service, seen.ground)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A plan, and what it was made from: the manifest by the names of what it means, and what was read beside that."""

    plan: Plan
    manifest: Manifest
    live: Mapping[Address, Live]
    ground: Ground


def unchecked(manifest: Manifest, planes: Planes, allow: Allowances, preflight: Preflight, *, parallelism: int) -> Seen:
    """The plan before Azure is asked what it would refuse."""
    live, ground = _both(
        lambda: observe(KINDS, planes, manifest.resources, parallelism=parallelism),
        lambda: preflight.ground(planes, manifest.resources),
    )
    plan, meant = _planned(make_plan, manifest, live, planes, allow, begins=True)
    if preflight.settings.wants(("references",)):
        missing = missing_references(KINDS, planes, meant.resources, live, apart=plan.out_of_scope)
        plan = replace(plan, warnings=(*plan.warnings, *missing))
    return Seen(plan=plan, manifest=meant, live=live, ground=ground)


def _inside(plan: Plan, manifest: Manifest) -> Mapping[Address, Desired]:
    apart = frozenset(plan.out_of_scope)
    return {at: wanted for at, wanted in manifest.resources.items() if at not in apart}


def _both(one: Callable[[], T], other: Callable[[], U]) -> tuple[T, U]:
    """Side by side; raises what the first raises, or else the second."""
    tasks: list[Callable[[], Any]] = [one, other]
    ended = side_by_side(tasks, name="look", at_once=2)
    return cast("T", ended[0].result), cast("U", ended[1].result)


def planned_destruction(
    manifest: Manifest, planes: Planes, allow: Allowances, census: Census = _CENSUS, *, parallelism: int
) -> Plan:
    with looking(planes) as service:  # what is ours under somebody's edit goes, too
        live = observe(KINDS, service, manifest.resources, parallelism=parallelism, closely=True)
        plan, meant = _planned(make_destruction, manifest, live, planes, allow)
        return census.of(plan, meant.resources, live, service, parallelism=parallelism)


def planned_drift(manifest: Manifest, planes: Planes, *, parallelism: int) -> tuple[Plan, Manifest]:
    """The plan that tells who moved, with no more requests than reading takes; and the manifest by the names of what it
    means.
    """
    with looking(planes) as service:
        live = observe(KINDS, service, manifest.resources, parallelism=parallelism)
    return _planned(make_plan, manifest, live, planes, Allowances())


def as_meant(
    manifest: Manifest, live: Mapping[Address, Live], *, anew: Collection[Address] = (), begins: bool = False
) -> Manifest:
    """By the names of what its entries mean: see `reconcile.successors`."""
    found = successions(manifest.resources, live, manifest.name, TRAITS, anew=anew, begins=begins)
    return replace(manifest, resources=readdressed(manifest.resources, found, KINDS))


def in_migration(manifest: Manifest, live: Mapping[Address, Live]) -> frozenset[Address]:
    """What is live only until a migration of an entry has ended."""
    desired = as_meant(manifest, live).resources
    sources = {at for wanted in desired.values() for at in wanted.succeeds}
    return frozenset(sources | {it.address for it in shadows(desired, live, manifest.name).values()})


def _planned(
    make: Callable[..., Plan],
    manifest: Manifest,
    live: dict[Address, Live],
    planes: Planes,
    allow: Allowances,
    *,
    begins: bool = False,
) -> tuple[Plan, Manifest]:
    """Raises ProvisionerError where an allowance names what there is not, and so is not for what it was meant for."""
    manifest = as_meant(manifest, live)
    if begins:
        anew = _by_live_names(allow, manifest, live).replace
        manifest = as_meant(manifest, live, anew=anew, begins=True)
    allow = replace(_by_live_names(allow, manifest, live), policy=manifest.policy)
    _check_names(allow, {*manifest.resources, *live})
    _check_scope(allow.scope, manifest, live)
    _check_replaced(allow.replace, manifest, live)
    plan = make(manifest.resources, live, owner=manifest.name, traits=TRAITS, allow=allow)
    for address in sorted(allow.replace & frozenset(plan.out_of_scope)):
        raise ProvisionerError(f"--replace names {one_line(str(address))}, which is out of the scope of this run.")
    _check_owners(plan, live, allow)
    for sentence in _allowed_in_vain(plan, live, allow):
        note(f"Warning: {one_line(sentence)}")
    warnings, lock = (*manifest.overrides, *plan.warnings), None if planes.target.local else manifest.lock
    plan = replace(plan, target=planes.target, lock=lock, warnings=warnings, sensitive=manifest.sensitive)
    return plan, manifest


def _check_names(allow: Allowances, known: Collection[Address]) -> None:
    """A slip of the pen would let the command go on without what was meant."""
    for address in sorted(allow.data_loss - set(known)):
        stores = sorted(str(it) for it in known if TRAITS[it.kind].holds_data)
        others = f"There are: {listed(stores)}." if stores else "There are no stores."
        raise ProvisionerError(
            f"--allow-data-loss names {one_line(str(address))}, which is neither declared nor live.",
            guess(str(address), stores).rstrip() or others,
        )


def _by_live_names(allow: Allowances, manifest: Manifest, live: Mapping[Address, Live]) -> Allowances:
    """What is named by the key of an entry is meant by its live name."""
    state = (manifest.resources, live)

    def meant(addresses: Collection[Address]) -> frozenset[Address]:
        return frozenset(live_address(it, state, manifest.name) for it in addresses)

    return replace(allow, data_loss=meant(allow.data_loss), replace=meant(allow.replace))


def _check_scope(scope: RunScope, manifest: Manifest, live: Mapping[Address, Live]) -> None:
    """A slip of the pen in a target would do nothing, and one in an exclude too much."""
    state = (manifest.resources, live)
    for pattern in unmatched(scope, state, manifest.name, TRAITS):
        flag = "--target" if pattern in scope.targets else "--exclude"
        known = known_names(state, manifest.name)
        there = [it for it in known if it.partition("/")[0] == pattern.partition("/")[0]] or known
        others = f"There are: {listed(there)}." if there else ""
        raise ProvisionerError(
            f'{flag} {one_line(pattern)} names nothing that is declared, or live and of "{manifest.name}".',
            guess(pattern, known).rstrip() or others,
        )


def _check_replaced(addresses: Collection[Address], manifest: Manifest, live: Mapping[Address, Live]) -> None:
    for address in sorted(addresses):
        wanted, name = manifest.resources.get(address), one_line(str(address))
        if wanted is None:
            known = sorted(str(it.key_address) for it in manifest.resources.values() if not it.external)
            hint = guess(str(address), known).rstrip() or f"There are: {listed(known)}."
            raise ProvisionerError(f"--replace names {name}, which is not declared.", hint)
        if wanted.external or wanted.lifecycle.suspend:
            what = "external" if wanted.external else "suspended"
            raise ProvisionerError(f"--replace names {name}, which is {what}, so it is not written.")
        if address not in live and not wanted.succeeds:
            raise ProvisionerError(
                f"--replace names {name}, which is not live.", "Leave it away: it is created anyway."
            )


def _check_owners(plan: Plan, live: Mapping[Address, Live], allow: Allowances) -> None:
    """Where something is refused for its owner, that of an owner of nothing was to be taken over by mistake."""
    owners = _owners(live)
    unknown = sorted(allow.take_over - owners)
    if unknown and any(refusal.code == "foreign-owner" for refusal in plan.refusals):
        others = sorted(owners - {plan.owner})
        raise ProvisionerError(
            f'--take-over names "{one_line(unknown[0])}", to which nothing live belongs.',
            f"{guess(unknown[0], others)}Others that own something: {listed(others)}.",
        )


def _owners(live: Mapping[Address, Live]) -> set[str]:
    return {it.marker.owner for found in live.values() for it in of_one_name(found) if it.marker is not None}


def _allowed_in_vain(plan: Plan, live: Mapping[Address, Live], allow: Allowances) -> Iterator[str]:
    """A flag that stayed in a script."""
    for address in idle_allowances(plan, allow):
        yield f"--allow-data-loss {address} is not needed: no change would lose its data."
    owners = _owners(live)
    for name in sorted(allow.take_over - owners):
        meant = guess(name, owners - {plan.owner})
        yield f'--take-over {name} is not needed: nothing live belongs to "{name}". {meant}'.rstrip()


@contextmanager
def looking(planes: Planes) -> Iterator[Planes]:
    """Planes to read the live state with. They tell of every wait, the same one once in a while, until the reading ends
    however it does: the threads of one that was broken off meet closed connections, which is no news. Where something
    may not be read, it is told who has to grant what.
    """
    waits = Waits(note)
    service = planes.telling(waits)
    try:
        with diagnosed(service):
            yield service
    finally:
        waits.end()


class Waits:
    """Tells of waits while reading. Many requests may wait for the same reason, so the same words are not repeated
    within some seconds. Called from several threads.
    """

    def __init__(self, tell: Callable[[str], None], *, now: Callable[[], float] = time.monotonic) -> None:
        self._tell = tell
        self._now = now
        self._told: dict[str, float] = {}
        self._lock = threading.Lock()
        self._ended = False

    def end(self) -> None:
        """Tell nothing any more."""
        with self._lock:
            self._ended = True

    def __call__(self, note: str) -> None:
        with self._lock:
            now = self._now()
            if self._ended or now - self._told.get(note, -_REPEAT_S) < _REPEAT_S:
                return
            self._told[note] = now
            self._tell(f"Still reading: {one_line(note)}")
