"""What is asked with a token: a first read of each plane, and where both may be read, the plan and its checks."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from provisioner.cli.access import diagnosed
from provisioner.cli.examination.bounded import Verdicts, Wish, verdicts, why, within
from provisioner.cli.planning import unchecked
from provisioner.doctor.planned import checks_found, plan_found
from provisioner.doctor.verdict import State, Verdict, failed, unknown
from provisioner.kinds.protocol import ManagementPlane
from provisioner.manifest.load import Manifest
from provisioner.model.allowances import Allowances
from provisioner.model.errors import PlaneError, Unreadable
from provisioner.planes.credentials import SignIn
from provisioner.planes.service import Coordinates, Planes, connect
from provisioner.preflight.checks import by_check
from provisioner.preflight.settings import IDS
from provisioner.render.words import plan_summary


def reading(
    where: Coordinates, manifest: Manifest | None, sign_in: SignIn, wish: Wish, *, ready: Collection[str], bad: str
) -> Verdicts:
    """`ready` are the planes that can be asked; `bad` is the check that says why there is no plan, if one does."""
    request = wish.request
    waits: list[str] = []
    try:
        with connect(
            where, sign_in, connections=request.parallelism, timeout_s=request.timeout_s, run=request.run
        ) as both:
            planes = replace(both.telling(waits.append), target=replace(both.target, local=request.local))
            found = _access(planes, ready, waits, wish.outside.patience.access_s)
            bad = bad or next((name for name, it in found.items() if it.state is not State.OK), "")
            if bad or manifest is None:
                return found | no_plan(bad or "manifest")
            return found | _planned(manifest, planes, waits, wish)
    except PlaneError as error:
        message = f"Not asked: {error.failure.message}"
        return {name: unknown(name, message) for name in (*(f"{plane}-access" for plane in ready), "plan", *IDS)}


def no_plan(cause: str, of: Iterable[str] = ("plan", *IDS)) -> Verdicts:
    """Where another check says why."""
    return {name: unknown(name, f"Not asked: see `{cause}`.") for name in of}


def _access(planes: Planes, ready: Collection[str], waits: list[str], seconds: float) -> Verdicts:
    tasks: dict[str, Callable[[], Verdict]] = {}
    if "project" in ready:
        tasks["project-access"] = lambda: _project_read(planes)
    if (management := planes.management) is not None and "management" in ready:
        tasks["management-access"] = lambda: _account_read(planes, management)
    return verdicts(tasks, seconds, waits)


@contextmanager
def _advised(planes: Planes) -> Iterator[None]:
    """Who is refused hears what helps here, as in a plan."""
    with diagnosed(planes):
        try:
            yield
        except PlaneError as error:
            raise Unreadable((error,)) from error


def _project_read(planes: Planes) -> Verdict:
    with _advised(planes):
        next(iter(planes.project.items("agents")), None)
    return Verdict(check="project-access", state=State.OK, message="The project's agents can be read.")


def _account_read(planes: Planes, management: ManagementPlane) -> Verdict:
    with _advised(planes):
        found = management.get(management.account)
    if found is None:
        hint = "Check `subscription_id`, `resource_group` and the account in the endpoint."
        return failed("management-access", f"There is no {management.account}.", hint)
    return Verdict(check="management-access", state=State.OK, message="The account can be read.")


def _planned(manifest: Manifest, planes: Planes, waits: list[str], wish: Wish) -> Verdicts:
    preflight = wish.checks.preflight(manifest, planes)
    at_once, seconds = wish.request.parallelism, wish.outside.patience.plan_s

    def task() -> list[Verdict]:
        with diagnosed(planes):
            seen = unchecked(manifest, planes, Allowances(), preflight, parallelism=at_once)
        plan, resources = seen.plan, seen.manifest.resources
        facts = preflight.facts(plan, resources, seen.live, planes, seen.ground)
        skipped = preflight.settings.skip
        found = by_check(plan, resources, facts, skip=skipped)
        return [plan_found(plan, plan_summary(plan)), *checks_found(found, facts, skipped)]

    ended = within({"plan": task}, seconds).get("plan")
    if ended is None or ended.error is not None:
        cause = why("plan", ended.error if ended is not None else None, seconds, waits)
        return {"plan": cause, **no_plan("plan", IDS)}
    return {it.check: it for it in ended.result}
