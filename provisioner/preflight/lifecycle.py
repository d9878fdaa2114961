"""Whether a deployment's model goes on: what the service says of its life, and what depends on it.

The status decides what is refused; a date alone is planned and often moved, so it warns. Source: Microsoft Learn, model
lifecycle and retirement.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from provisioner.kinds.deployment import SECTION
from provisioner.kinds.store import SECTION as STORES
from provisioner.model.action import Action
from provisioner.model.address import Address
from provisioner.model.diagnostic import Diagnostic, Severity
from provisioner.model.document import lookup
from provisioner.model.plan import Change, Plan
from provisioner.model.resource import Desired
from provisioner.model.words import joined, plural, quoted
from provisioner.preflight.deployments import Wish, asked_anew, running, standing
from provisioner.preflight.facts import Catalogue, Facts, Model, Unknown

RETIRED: Final = "deprecated"
CLOSED: Final = "deprecating"
_KNOWN: Final = frozenset({RETIRED, CLOSED, "", "preview", "stable", "generallyavailable", "legacy"})
_SOON_DAYS: Final = 90  # assumed: time enough to move; the service itself writes 60 days before
_MOVED: Final = ("standard", "globalstandard", "datazonestandard")  # provisioned ones are never moved by the service
_NAMED_AT_MOST: Final = 5


def check(plan: Plan, desired: Mapping[Address, Desired], facts: Facts) -> Iterator[Diagnostic]:
    if isinstance(facts.catalogue, Unknown):
        return
    for change, diagnostic in refused(plan, desired, facts):
        if change.action is not Action.REPLACE:  # see `replace`
            yield diagnostic
    anew = {change.address for change, _ in asked_anew(plan)}
    users = _users(desired)
    for wanted, wish in standing(plan, desired, facts):
        model = wish.listed(facts.catalogue)
        if model is not None and not wish.is_own:
            told = _Told(wanted, wish, model, users.get(wanted.address, ()), facts)
            yield from told.end(is_new=wanted.address in anew)
            yield from told.successor(desired)


def refused(plan: Plan, desired: Mapping[Address, Desired], facts: Facts) -> Iterator[tuple[Change, Diagnostic]]:
    """The changes for which the service looks at the model again, and takes it no more or may not."""
    if isinstance(facts.catalogue, Unknown):
        return
    held = set(_held(facts, facts.catalogue))
    for change, wish in asked_anew(plan):
        model = wish.listed(facts.catalogue)
        if model is None or wish.is_own:
            continue
        wanted, status = desired[change.address], status_of(wish, model)
        if status == RETIRED:
            yield change, _retired(wanted, wish, model, facts)
        elif status == CLOSED and _key(model) not in held:
            yield change, _closed(wanted, model)


def status_of(wish: Wish, model: Model) -> str:
    """Of the sku where it has one of its own, as the service refuses by sku then."""
    sku = model.sku(wish.sku)
    return ((sku.lifecycle if sku is not None else "") or model.lifecycle).casefold()


def _held(facts: Facts, catalogue: Catalogue) -> Iterator[tuple[str, ...]]:
    """What the account runs already: who has deployed a version may deploy it again."""
    for _, wish in running(facts):
        model = wish.listed(catalogue)
        if model is not None:
            yield _key(model)


def _key(model: Model) -> tuple[str, ...]:
    return model.format.casefold(), model.name.casefold(), model.version.casefold()


def _retired(wanted: Desired, wish: Wish, model: Model, facts: Facts) -> Diagnostic:
    since = f" since {model.retires}" if model.retires is not None and model.retires <= facts.today else ""
    return Diagnostic(
        code="model-retired",
        message=f"{wanted.address}: {_called(model)} is retired{since}; the service deploys it no more.",
        hint=f"{_instead(model, facts)} {facts.remedy_here}".rstrip(),
        where=wanted.at("model", "version" if wish.version else "name"),
    )


def _closed(wanted: Desired, model: Model) -> Diagnostic:
    return Diagnostic(
        code="model-deprecating",
        message=f"{wanted.address}: {_called(model)} is about to be retired, and only a subscription that has deployed "
        "this version before may deploy it; this account does not run it.",
        hint="If yours has not, the service refuses it with ServiceModelDeprecating: use another model or version.",
        severity=Severity.WARNING,
        where=wanted.at("model", "version"),
    )


def _instead(model: Model, facts: Facts) -> str:
    if model.successor and model.successor.casefold() != model.name.casefold():
        return f"Its successor is {model.successor}."
    later = [
        it.version
        for it in (facts.catalogue.versions(model.format, model.name) if isinstance(facts.catalogue, Catalogue) else ())
        if it is not model and it.lifecycle.casefold() not in (RETIRED, CLOSED)
    ]
    return f"Other versions: {joined(later)}." if later else "Use another model."


def _called(model: Model) -> str:
    return f"{model.name} {model.version}"


def _users(desired: Mapping[Address, Desired]) -> dict[Address, tuple[Address, ...]]:
    """For each deployment, what needs it, at whatever remove."""
    direct: dict[Address, set[Address]] = {}
    for address, wanted in desired.items():
        for needed in wanted.needs:
            direct.setdefault(needed, set()).add(address)
    return {address: tuple(sorted(_closure(address, direct))) for address in direct if address.kind == SECTION}


def _closure(start: Address, direct: Mapping[Address, set[Address]]) -> set[Address]:
    found: set[Address] = set()
    pending = [start]
    while pending:
        for user in direct.get(pending.pop(), ()):
            if user not in found and user != start:
                found.add(user)
                pending.append(user)
    return found


class _Told:
    """What is to be said of one deployment."""

    def __init__(self, wanted: Desired, wish: Wish, model: Model, users: tuple[Address, ...], facts: Facts) -> None:
        self._wanted = wanted
        self._wish = wish
        self._model = model
        self._users = users
        self._facts = facts

    def end(self, *, is_new: bool) -> Iterator[Diagnostic]:
        status = status_of(self._wish, self._model)
        if status not in _KNOWN:
            told = quoted(self._model.lifecycle)
            message = f"{self._wanted.address}: {_called(self._model)} is {told}; what that means is not known."
            yield self._diagnostic("lifecycle-unknown", message, severity=Severity.NOTE)
        if status == RETIRED:
            if not is_new:  # or else it is refused
                gone = f"{_called(self._model)} is retired and answers no more"
                message = f"{self._wanted.address}: {gone}{self._dependents()}."
                yield self._diagnostic("model-retired", message, severity=self._severity(0))
        elif self._model.retires is not None:
            yield from self._date((self._model.retires - self._facts.today).days)

    def _date(self, left: int) -> Iterator[Diagnostic]:
        if left > max(_SOON_DAYS, self._facts.fail_within or 0):
            return
        when = f"retires in {plural(left, 'day')}" if left > 0 else "should have been retired by now"
        sure = f", {self._model.certainty}" if self._model.certainty else ""
        message = f"{_called(self._model)} {when} ({self._model.retires}{sure}){self._dependents()}."
        severity = self._severity(left)
        if severity is Severity.ERROR or left <= _SOON_DAYS:
            yield self._diagnostic("model-retires", message, severity=severity)

    def successor(self, desired: Mapping[Address, Desired]) -> Iterator[Diagnostic]:
        """An embedding of another model means nothing beside those that a store holds."""
        model, option = self._model, lookup(self._wanted.fields, ("version_upgrade_option",))
        stores = [it for it in self._users if it.kind == STORES and self._embeds(desired[it])]
        is_moved = self._wish.sku.casefold() in _MOVED and option != "NoAutoUpgrade"
        if not stores or not is_moved or model.successor.casefold() in ("", model.name.casefold()):
            return
        message = (
            f"{self._wanted.address}: an automatic upgrade would make {model.successor} of {_called(model)}, and "
            f"{_some(stores)} could not find again what it has stored."
        )
        hint = "Set `version_upgrade_option: NoAutoUpgrade`, and move to another embedding model with a new store."
        yield self._diagnostic("embedding-upgrade", message, hint=hint, severity=Severity.WARNING)

    def _embeds(self, store: Desired) -> bool:
        name = store.fields.get("embedding_model")
        return isinstance(name, str) and name.casefold() == self._wanted.address.name.casefold()

    def _severity(self, left: int) -> Severity:
        within = self._facts.fail_within
        return Severity.ERROR if within is not None and left <= within else Severity.WARNING

    def _dependents(self) -> str:
        if not self._users:
            return ""
        return f"; {_some(self._users)} {'depends' if len(self._users) == 1 else 'depend'} on it"

    def _diagnostic(self, code: str, message: str, *, severity: Severity, hint: str = "") -> Diagnostic:
        return Diagnostic(
            code=code,
            message=message,
            hint=hint or _instead(self._model, self._facts),
            severity=severity,
            where=self._wanted.at("model", "version") if not self._wanted.external else self._wanted.where,
        )


def _some(names: Iterable[Address]) -> str:
    names = list(names)
    more = [f"{len(names) - _NAMED_AT_MOST} more"] if len(names) > _NAMED_AT_MOST else []
    return joined([*names[:_NAMED_AT_MOST], *more])
