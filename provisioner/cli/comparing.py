"""The two sides of a comparison: what the manifest says in two environments, or what is live in their projects."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from provisioner.cli.complaints import warn
from provisioner.cli.session import Request, opened, policy_in
from provisioner.kinds import KINDS, TRAITS
from provisioner.kinds.live_names import Names
from provisioner.manifest.draft import Options
from provisioner.manifest.rendering import render
from provisioner.model.address import Address
from provisioner.model.diagnostic import Diagnostic
from provisioner.model.document import Document, Path, canonical, dotted, lookup, with_value
from provisioner.model.errors import ManifestInvalid
from provisioner.model.hidden_places import veiled_live
from provisioner.model.redact import Sensitive
from provisioner.model.resource import Desired, Live
from provisioner.model.words import listed
from provisioner.reconcile.comparison import Comparison, Hiding, Side, compared
from provisioner.render.safe import one_line

if TYPE_CHECKING:
    from provisioner.manifest.load import Manifest
    from provisioner.planes.service import Planes

# What is whole only through Azure Resource Manager.
_MANAGED: Final = tuple(section for section, kind in KINDS.items() if kind.settings)
_OURS: Final = "the manifest"


def compared_manifests(request: Request, environments: Sequence[str]) -> Comparison:
    """Offline. Raises ManifestInvalid."""
    told: dict[Diagnostic, None] = {}
    first, second = (_as_written(request, name, told) for name in environments)
    warn([*told])
    return compared(first, second)


def _as_written(request: Request, name: str, told: dict[Diagnostic, None]) -> Side:
    """What is to be told of both is `told` once."""
    options = Options(
        environ=os.environ,
        allow_env=request.allow_env,
        variables=request.variables,
        variable_files=request.variable_files,
        environment=name,
        policy=policy_in(request.policy_files),
    )
    rendering = render(request.files, options)
    if rendering.rendered is None:
        raise ManifestInvalid(rendering.diagnostics)
    told.update(dict.fromkeys(rendering.diagnostics))
    document = rendering.rendered.document
    resources = {
        Address(section, key): entry or {} for section in KINDS for key, entry in (document.get(section) or {}).items()
    }
    return Side(
        name=name,
        owner=str(document.get("name", "")),
        head={key: value for key, value in document.items() if key not in KINDS},
        resources=resources,
        hides={address: _without_scopes for address in resources if TRAITS[address.kind].holds_data},
    )


def _without_scopes(value: Any, at: Path) -> Any:
    """What is written in an entry, but for whose memories it holds."""
    if at[:1] == ("scopes",):
        return Sensitive.of(canonical(value))
    if at or "scopes" not in value:
        return value
    return {**value, "scopes": _without_scopes(value["scopes"], ("scopes",))}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """Everything live in one project, by the keys of the manifest in its environment; `managed` tells whether what is
    Azure Resource Manager's was seen whole.
    """

    side: Side
    managed: bool
    odd: tuple[str, ...]


def compared_projects(request: Request, environments: Sequence[str]) -> Comparison:
    """Reads both projects, one after the other. Raises ProvisionerError."""
    first, second = (_read(request, name) for name in environments)
    notes = [*first.odd, *second.odd]
    if not (first.managed and second.managed):
        first, second = _without_managed(first), _without_managed(second)
        titles = listed([section.replace("_", " ") for section in _MANAGED])
        notes.append(f"Not compared: {titles}. It takes `subscription_id` and `resource_group` of both projects.")
    notes += _unread(first.side.resources.keys() & second.side.resources.keys())
    return compared(first.side, second.side, TRAITS, notes=notes)


def _read(request: Request, name: str) -> _Found:
    from provisioner.apply.observe import observe  # noqa: PLC0415 - the SDKs are paid for by those who talk to Azure
    from provisioner.cli.planning import as_meant, looking  # noqa: PLC0415

    with opened(replace(request, environment=name)) as (declared, planes), looking(planes) as service:
        live = observe(KINDS, service, declared.resources, parallelism=request.parallelism, closely=True)
        manifest = as_meant(declared, live)
        keys = dict(_keys(live, manifest))
        described = _Describing(manifest.name, keys, _own_ids(planes))
        side = Side(
            name=name,
            owner=manifest.name,
            target=planes.target,
            resources={keys[at]: described.document(found) for at, found in live.items() if not found.odd},
            hides={keys[at]: _hiding(found, manifest.resources.get(at)) for at, found in live.items()},
        )
        odd = tuple(
            one_line(f"Not compared: {at} in {name} cannot be read: {found.odd}.")
            for at, found in sorted(live.items(), key=lambda it: it[0])
            if found.odd
        )
        return _Found(side=side, managed=planes.management is not None, odd=odd)


def _hiding(found: Live, wanted: Desired | None) -> Hiding:
    texts = wanted.written if wanted is not None else {}
    return lambda value, at: veiled_live(value, found, texts, at)


def _without_managed(found: _Found) -> _Found:
    left = {at: it for at, it in found.side.resources.items() if at.kind not in _MANAGED}
    return replace(found, side=replace(found.side, resources=left))


def _unread(both: Iterable[Address]) -> Iterator[str]:
    for section in sorted({address.kind for address in both}):
        if paths := TRAITS[section].write_only:
            fields = listed([dotted(path) for path in paths])
            yield f"Not compared, as the service shows it to nobody: {fields} of {section.replace('_', ' ')}."


def _keys(live: Mapping[Address, Live], manifest: Manifest) -> Iterator[tuple[Address, Address]]:
    """What is declared goes by its key, whatever it is called in the project; else by the name that it has there."""
    declared = {at: wanted.key_address for at, wanted in manifest.resources.items()}
    taken = {declared[at] for at in live if at in declared}
    for at in live:
        is_free = at not in taken
        yield at, declared.get(at) or (at if is_free else Address(at.kind, f"{at.name} (not declared)"))


def _own_ids(planes: Planes) -> tuple[str, ...]:
    """How ids of what is in the project, or in its account, begin: longer ones first."""
    management = planes.management
    return (management.project, management.account) if management is not None else ()


class _Describing:
    """What a live object says, in words that mean the same in every project."""

    def __init__(self, owner: str, keys: Mapping[Address, Address], own_ids: tuple[str, ...]) -> None:
        self._owner = owner
        self._names = Names({at: key for at, key in keys.items() if at != key})
        self._own_ids = own_ids

    def document(self, found: Live) -> Document:
        kind = KINDS[found.address.kind]
        fields = found.fields
        for reference in kind.references(fields):
            text = lookup(fields, reference.path)
            if reference.by_id and isinstance(text, str) and self._is_own(text):
                fields = with_value(fields, reference.path, str(self._names.meant(reference)))
        marker = found.marker
        if marker is None:
            return self._names.fields(kind, fields)
        return {
            **self._names.fields(kind, fields),
            "owner": _OURS if marker.owner == self._owner else marker.owner,
            "lifecycle": {"prevent_destroy": marker.prevent_destroy, "on_remove": marker.on_remove.value},
        }

    def _is_own(self, text: str) -> bool:
        return any(text.casefold().startswith(f"{own.casefold()}/") for own in self._own_ids if own)
