"""Whether the account can have what a deployment asks for: model, version, sku, capacity.

Asked for where the service looks at these again. Source: the models that Azure Resource Manager lists for the account.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from provisioner.model.action import Action
from provisioner.model.address import Address
from provisioner.model.diagnostic import Diagnostic, Severity
from provisioner.model.document import lookup
from provisioner.model.plan import Change, Plan
from provisioner.model.resource import Desired
from provisioner.model.words import guess, listed, quoted
from provisioner.preflight.deployments import Wish, asked_anew, running, sku_of, standing
from provisioner.preflight.facts import Bounds, Catalogue, Facts, Model, Unknown, picked

_PROVIDER_DATA: Final = ("industry", "organization_name", "country_code")


def check(plan: Plan, desired: Mapping[Address, Desired], facts: Facts) -> Iterator[Diagnostic]:
    for change, diagnostic in misfits(plan, desired, facts):
        if change.action is not Action.REPLACE:  # see `replace`
            yield diagnostic
    yield from _moved_defaults(plan, desired, facts)


def misfits(plan: Plan, desired: Mapping[Address, Desired], facts: Facts) -> Iterator[tuple[Change, Diagnostic]]:
    """Each change that asks for what is not offered, once for each thing that is not."""
    if isinstance(facts.catalogue, Unknown):
        return
    for change, wish in asked_anew(plan):
        wanted = desired[change.address]
        for diagnostic in (*_provider(change, wanted, wish), *_of_one(wish, wanted, facts.catalogue, facts)):
            yield change, diagnostic


def _of_one(wish: Wish, wanted: Desired, catalogue: Catalogue, facts: Facts) -> Iterator[Diagnostic]:
    if wish.is_own:
        return
    unlisted = _unlisted(wish, wanted, catalogue, facts)
    if unlisted is not None:
        yield unlisted
        return
    sku = sku_of(wish, catalogue)
    if sku is not None and wish.capacity is not None:
        yield from _capacity(wish.capacity, sku.capacity, sku.name, wanted)


def _unlisted(wish: Wish, wanted: Desired, catalogue: Catalogue, facts: Facts) -> Diagnostic | None:
    versions = catalogue.versions(wish.format, wish.name)
    if not versions:
        return _unless_run(_not_offered(wish, wanted, catalogue, facts), facts, wish.key[:2])
    if wish.version and wish.listed(catalogue) is None:
        return _unless_run(_no_version(wish, wanted, versions, facts), facts, wish.key[:3])
    offering = [it for it in versions if not wish.version or it.version.casefold() == wish.version.casefold()]
    skus = sorted({sku.name for it in offering for sku in it.skus})
    if skus and wish.sku and not any(it.sku(wish.sku) for it in offering):
        return _unless_run(_no_sku(wish, wanted, skus, facts), facts, wish.key)
    return None


def _unless_run(diagnostic: Diagnostic, facts: Facts, key: tuple[str, ...]) -> Diagnostic:
    """That the account runs it already proves that the list does not hold all there is: not sure, then."""
    address = next((address for address, it in running(facts) if it.key[: len(key)] == key), None)
    if address is None:
        return diagnostic
    message = f"{diagnostic.message} But {address} runs it, so the list may lack it."
    return replace(diagnostic, message=message, severity=Severity.WARNING)


def _not_offered(wish: Wish, wanted: Desired, catalogue: Catalogue, facts: Facts) -> Diagnostic:
    same_name = sorted({it.format for it in catalogue.models if it.name.casefold() == wish.name.casefold()})
    if same_name:
        path, hint = (
            "format",
            f"{wish.name} is of the format {listed(same_name, 'or')}: write `format: {same_name[0]}`.",
        )
    else:
        names = sorted({it.name for it in catalogue.models if it.format.casefold() == wish.format.casefold()})
        formats = sorted({it.format for it in catalogue.models})
        if names:
            path, hint = "name", f"{guess(wish.name, _near(wish.name, names))}{_see(facts)}"
        else:
            path = "format"
            hint = f"{guess(wish.format, formats)}Formats that are offered: {listed(formats)}. {facts.remedy_here}"
    return Diagnostic(
        code="model-not-offered",
        message=f"{wanted.address}: the account is not offered the model {quoted(wish.name)} of the format "
        f"{quoted(wish.format)}{_in(facts)}.",
        hint=hint.rstrip(),
        where=wanted.at("model", path),
    )


def _near(name: str, names: list[str]) -> list[str]:
    """A guess looks at a few hundred names: those that begin alike first."""
    return sorted(names, key=lambda it: not it.casefold().startswith(name.casefold()[:3]))


def _see(facts: Facts) -> str:
    return facts.remedy_here or "What is offered: provisioner models"


def _in(facts: Facts) -> str:
    return f" in {facts.region}" if isinstance(facts.region, str) else ""


def _no_version(wish: Wish, wanted: Desired, versions: tuple[Model, ...], facts: Facts) -> Diagnostic:
    default = picked(versions)
    which = f", {default.version} by default" if default is not None and len(versions) > 1 else ""
    return Diagnostic(
        code="version-not-offered",
        message=f"{wanted.address}: {wish.name} is not offered in the version {quoted(wish.version)}{_in(facts)}.",
        hint=f"Offered: {listed([it.version for it in versions])}{which}. {facts.remedy_here}".rstrip(),
        where=wanted.at("model", "version"),
    )


def _no_sku(wish: Wish, wanted: Desired, skus: list[str], facts: Facts) -> Diagnostic:
    return Diagnostic(
        code="sku-not-offered",
        message=f"{wanted.address}: {wish.model} is not offered as {quoted(wish.sku)}{_in(facts)}.",
        hint=f"{guess(wish.sku, skus)}Offered: {listed(skus)}.",
        where=wanted.at("sku", "name"),
    )


def _capacity(wanted: int, bounds: Bounds, sku: str, resource: Desired) -> Iterator[Diagnostic]:
    where = resource.at("sku", "capacity")
    least, most = bounds.minimum if bounds.minimum is not None else 1, bounds.maximum
    said = f"{resource.address} asks for a capacity of {wanted}"
    if most is not None and most < least:
        return  # bounds that nothing is within say nothing
    if wanted < least or (most is not None and wanted > most):
        upper = f" and no more than {most}" if most is not None else ""
        yield Diagnostic(
            code="capacity-not-offered",
            message=f"{said}; one deployment as {sku} has at least {least}{upper}.",
            hint=f"Write {least}." if wanted < least else f"Write {most}, or several deployments.",
            where=where,
        )
    elif bounds.allowed and wanted not in bounds.allowed:
        yield Diagnostic(
            code="capacity-not-offered",
            message=f"{said}, which {sku} does not come in.",
            hint=f"Allowed: {listed([str(it) for it in bounds.allowed])}.",
            where=where,
        )
    elif bounds.step is not None and bounds.step > 1:
        yield from _off_step(wanted, bounds, bounds.step, sku, resource)


def _off_step(wanted: int, bounds: Bounds, step: int, sku: str, resource: Desired) -> Iterator[Diagnostic]:
    first = bounds.minimum if bounds.minimum is not None else step
    off = (wanted - first) % step
    if not off:
        return
    most = bounds.maximum if bounds.maximum is not None else wanted + step
    near = [str(it) for it in (wanted - off, wanted - off + step) if first <= it <= most]
    # no source says whether steps are counted from the minimum or from nothing
    unsure = wanted % step == 0
    yield Diagnostic(
        code="capacity-not-offered",
        message=f"{resource.address} asks for a capacity of {wanted}; {sku} comes in steps of {step} from {first}.",
        hint=f"Write {listed(near, 'or')}." if near else "",
        severity=Severity.WARNING if unsure else Severity.ERROR,
        where=resource.at("sku", "capacity"),
    )


def _provider(change: Change, wanted: Desired, wish: Wish) -> Iterator[Diagnostic]:
    """Source: microsoft-foundry-for-vscode#461: InvalidModelProviderData where any of the three is missing. Not asked
    for where the sku alone is changed, as nothing else is written then.
    """
    is_made = change.action in (Action.CREATE, Action.REPLACE)
    if not is_made and all(field.path[0] in ("sku", "tags") for field in change.fields):
        return
    given = lookup(change.after or {}, ("model_provider_data",))
    lacking = [key for key in _PROVIDER_DATA if not (isinstance(given, Mapping) and given.get(key))]
    if wish.format.casefold() == "anthropic" and lacking:
        yield Diagnostic(
            code="model-provider-data",
            message=f"{wanted.address} is of an Anthropic model; its `model_provider_data` lacks {listed(lacking)}.",
            hint="The service refuses it with InvalidModelProviderData; state all three.",
            where=wanted.at("model_provider_data") if isinstance(given, Mapping) else wanted.at("model", "format"),
        )


def _moved_defaults(plan: Plan, desired: Mapping[Address, Desired], facts: Facts) -> Iterator[Diagnostic]:
    """Where the manifest leaves the version to the service, and that has another one for newcomers by now."""
    if isinstance(facts.catalogue, Unknown):
        return
    for wanted, wish in standing(plan, desired, facts):
        default = picked(facts.catalogue.versions(wish.format, wish.name))
        if wanted.external or default is None or not default.is_default:
            continue
        if isinstance(lookup(wanted.fields, ("model", "version")), str) or not wish.version:
            continue
        if default.version.casefold() != wish.version.casefold():
            yield Diagnostic(
                code="default-version-moved",
                message=f"{wanted.address} runs {wish.model}, and the default version of {wish.name} is "
                f"{default.version} now. The manifest names none, so the service may move it.",
                hint=f'Pin it with `version: "{wish.version}"`, or move it with `version: "{default.version}"`.',
                severity=Severity.WARNING,
                where=wanted.at("model"),
            )
