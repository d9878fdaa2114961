"""Asking who may do what, for the commands that plan: beside other questions, or once reading was refused."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from provisioner.kinds.rights import Where
from provisioner.model.caller import Caller
from provisioner.model.errors import PlaneError, Unreadable
from provisioner.model.plan import Plan
from provisioner.model.words import plural
from provisioner.preflight import reading
from provisioner.preflight.access import Assignment
from provisioner.preflight.diagnosis import Diagnosis, Door, of_failure
from provisioner.preflight.facts import Unknown
from provisioner.preflight.rights import needed, with_memory

if TYPE_CHECKING:
    from provisioner.planes.management import ArmManagement
    from provisioner.planes.service import Planes

_GRANTS: Final = "grants on the "
_ASSIGNED: Final = "assigned"
_IDENTITY: Final = "roles of "
_DENIED: Final = frozenset({"PermissionDenied", "AuthorizationFailed"})


def access_tasks(
    plan: Plan, management: ArmManagement, principals: tuple[str, ...] | Unknown
) -> Mapping[str, Callable[[], Any]]:
    """What to ask of rights, one request each: where the plan writes, and nothing where it does not."""
    tasks: dict[str, Callable[[], Any]] = {}
    for where in dict.fromkeys(right.where for right in needed(plan.changes)):
        scope = management.account if where is Where.ACCOUNT else management.project
        tasks[f"{_GRANTS}{where.value}"] = partial(reading.grants, management, scope, where.value)
    if tasks:
        tasks[_ASSIGNED] = partial(_assigned, management)
    if with_memory(plan.changes) and not isinstance(principals, Unknown):
        for it in principals:
            tasks[f"{_IDENTITY}{it}"] = partial(reading.assignments, management, management.account, it)
    return tasks


def access_facts(found: Mapping[str, Any], planes: Planes) -> dict[str, Any]:
    """What was asked, as facts by their names."""
    of_identity = [each for name, each in found.items() if name.startswith(_IDENTITY)]
    unknown = next((each for each in of_identity if isinstance(each, Unknown)), None)
    return {
        "grants": {where: found[name] for where in Where if (name := f"{_GRANTS}{where.value}") in found},
        "identity_roles": unknown or tuple(it for each in of_identity for it in each),
        "door": door(planes, found.get(_ASSIGNED, ())),
    }


def door(planes: Planes, assigned: tuple[Assignment, ...] = ()) -> Door:
    """Who asks, and at what; nothing of it where nobody is signed in."""
    management = planes.management
    return Door(
        endpoint=planes.target.endpoint,
        account=management.account if management is not None else "",
        project=management.project if management is not None else "",
        caller=_caller(lambda: (management or planes.project).caller),
        project_token=_caller(lambda: planes.project.caller),
        assigned=assigned,
    )


@contextmanager
def diagnosed(planes: Planes) -> Iterator[None]:
    """Where the live state may not be read, the advice is what helps here: who is asked to grant what to whom."""
    try:
        yield
    except Unreadable as error:
        raise Unreadable(tuple(_diagnosed(error.causes, planes))) from error


def _diagnosed(causes: tuple[PlaneError, ...], planes: Planes) -> Iterator[PlaneError]:
    denied = any(cause.failure.code in _DENIED for cause in causes)
    assigned = _assigned(planes.management) if denied and planes.management is not None else ()
    at = door(planes, assigned) if any(cause.failure.status in (401, 403) for cause in causes) else None
    told: dict[Diagnosis, list[PlaneError]] = {}
    for cause in causes:
        found = of_failure(cause.failure, at, now=time.time()) if at is not None else None
        if found is None:
            yield cause
        else:
            told.setdefault(found, []).append(cause)
    yield from (_told_once(found, alike) for found, alike in told.items())


def _told_once(found: Diagnosis, alike: Sequence[PlaneError]) -> PlaneError:
    """One role that is missing refuses every list of its plane."""
    first, *others = alike
    more = f"\n{plural(len(others), 'other request')} met the same." if others else ""
    advice = f"{found.says} {found.remedy}"
    failure = replace(first.failure, message=f"{first.failure.message}{more}", advice=advice)
    return PlaneError(failure, ambiguous=first.ambiguous, wait_s=first.wait_s)


def _assigned(management: ArmManagement) -> tuple[Assignment, ...]:
    """What the caller has been given; it only tells two sorts of refusal apart, so not to know it is no gap."""
    principal = _caller(lambda: management.caller).object_id
    found = reading.assignments(management, management.project, principal) if principal else ()
    return () if isinstance(found, Unknown) else found


def _caller(ask: Callable[[], Caller]) -> Caller:
    try:
        return ask()
    except PlaneError:
        return Caller()
