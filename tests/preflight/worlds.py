"""Plans and facts to check, made of a manifest as somebody writes it and of what a service would say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from provisioner.apply.execute import execute
from provisioner.kinds import KINDS, TRAITS
from provisioner.manifest.load import Manifest, load
from provisioner.model.address import Address
from provisioner.model.allowances import Allowances
from provisioner.model.diagnostic import Diagnostic
from provisioner.model.document import Document
from provisioner.model.plan import Plan
from provisioner.model.progress import Status
from provisioner.model.resource import Live, Marker
from provisioner.planes.service import Planes
from provisioner.preflight.checks import CHECKS
from provisioner.preflight.facts import Bounds, Catalogue, Facts, Model, Sku, Usage
from provisioner.reconcile.planner import make_plan
from tests.planes.world import Foundry

TODAY: Final = date(2026, 11, 28)
QUOTA: Final = "OpenAI.GlobalStandard.gpt-x"
HEAD: Final = "version: 1\nname: me\n"
ALLOW: Final = Allowances(adopt=True, max_deletes=None)


def manifest(text: str) -> Manifest:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "stores.yaml"
        file.write_text(HEAD + text, encoding="utf-8")
        loaded = load((file,), environ={}, project_needed=False)
    assert loaded.manifest is not None, loaded.diagnostics
    return loaded.manifest


def model(
    name: str = "gpt-x", version: str = "1", *, usage: str = QUOTA, sku: Mapping[str, Any] | None = None, **more: Any
) -> Model:
    offered = Sku(name="GlobalStandard", usage=usage, **(sku or {"capacity": Bounds(maximum=1000, default=10)}))
    return Model(
        **{"format": "OpenAI", "name": name, "version": version, "is_default": True, "skus": (offered,), **more}
    )


def facts(*models: Model, live: Mapping[Address, Live] | None = None, **more: Any) -> Facts:
    said: dict[str, Any] = {
        "today": TODAY,
        "live": live or {},
        "region": "eastus2",
        "catalogue": Catalogue(models or (model(),)),
        "usages": {QUOTA: Usage(used=0, limit=1000)},
        "account": "/subscriptions/s/resourceGroups/g/providers/Microsoft.CognitiveServices/accounts/a",
    }
    return Facts(**{**said, **more})


def deployed(text: str, *, owner: str | None = "me") -> dict[Address, Live]:
    """What an apply of the manifest would have left."""
    return {
        address: live(address, wanted.fields, owner=owner)
        for address, wanted in manifest(text).resources.items()
        if not wanted.external
    }


def live(address: Address, fields: Document, *, owner: str | None = "me", revision: str = "") -> Live:
    needs = frozenset(it.target for it in KINDS[address.kind].references(fields))
    return Live(
        address=address,
        fields=fields,
        needs=needs,
        revision=revision,
        marker=Marker(owner=owner) if owner is not None else None,
    )


def told(check: str, text: str, known: Facts) -> list[Diagnostic]:
    """What one check says of the plan for a manifest."""
    wanted = manifest(text).resources
    return list(CHECKS[check](planned(text, known.live), wanted, known))


def planned(text: str, found: Mapping[Address, Live]) -> Plan:
    return make_plan(manifest(text).resources, found, owner="me", traits=TRAITS, allow=ALLOW)


def places(diagnostics: Iterable[Diagnostic]) -> list[tuple[str, str, str]]:
    """Severity, code and path of each."""
    return [(it.severity.value, it.code, it.where.path if it.where else "") for it in diagnostics]


def deployment(
    name: str,
    capacity: int | None = 10,
    *,
    model: str = "gpt-x",
    version: str = "1",
    sku: str = "GlobalStandard",
    more: str = "",
) -> str:
    said = f"\n    model: {{format: OpenAI, name: {model}{f', version: {version!r}' if version else ''}}}"
    amount = f", capacity: {capacity}" if capacity is not None else ""
    return f"  {name}:{said}\n    sku: {{name: {sku}{amount}}}\n{more}"


def applied(plan: Plan, planes: Planes, foundry: Foundry) -> dict[str, Status]:
    """What became of each change, by the resource's name."""
    finished = execute(plan, KINDS, planes, emit=lambda _: None, now=foundry.clock.now, parallelism=10)
    return {it.change.address.name: it.status for it in finished.outcomes}
