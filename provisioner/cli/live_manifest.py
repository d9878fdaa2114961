"""A manifest of what is live, for `export` and `init --from-project`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from provisioner.apply.observe import observe
from provisioner.cli.planning import looking
from provisioner.cli.session import Request, connected
from provisioner.cli.terminal import note, remark
from provisioner.kinds import KINDS
from provisioner.kinds.live_names import Names
from provisioner.manifest.declared import MOST_OF_NAME, type_of
from provisioner.manifest.keys import keys_for, with_live_name
from provisioner.manifest.load import refused
from provisioner.manifest.project import owner_fault
from provisioner.manifest.write import SCHEMA, dump
from provisioner.model.address import Address
from provisioner.model.document import Document, Json, digest, dotted, lookup, with_value
from provisioner.model.errors import PlaneError, ProvisionerError
from provisioner.model.hidden_places import veiled_live
from provisioner.model.redact import Sensitive, redacted
from provisioner.model.resource import Live
from provisioner.model.words import guess, listed, plural
from provisioner.model.written import Open, hidden_in, open_in
from provisioner.render.safe import one_line
from provisioner.render.target import target_phrase

if TYPE_CHECKING:
    from provisioner.planes.service import Planes

_UNOWNED: Final = "imported"
_NO_NAME: Final = re.compile(r"[^A-Za-z0-9_]")
# What is whole only through Azure Resource Manager, and what it is called.
_MANAGED: Final = {section: section.replace("_", " ") for section, kind in KINDS.items() if kind.settings}
_PROJECT: Final = {"endpoint": "${env:FOUNDRY_PROJECT_ENDPOINT}"}
_RESOURCE_GROUP: Final = {
    "subscription_id": "${env:AZURE_SUBSCRIPTION_ID}",
    "resource_group": "${env:AZURE_RESOURCE_GROUP}",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveManifest:
    """`entries` are written in full, `external` only by name: so is what `left_out` gives reasons for. `region` is
    empty where it was not asked for, or is not told. All is by its live name; `keys` has the entries that are called
    otherwise.
    """

    name: str
    source: str
    region: str
    sees_all: bool
    live: Mapping[Address, Live]
    entries: Mapping[Address, Document]
    external: Collection[Address]
    keys: Mapping[Address, Address]
    marked: Collection[Address]
    left_out: Sequence[str]

    def text(
        self,
        *,
        schema: str = "",
        header: Sequence[str] = (),
        entries: Mapping[Address, Document] | None = None,
        remarks: Mapping[Address, str] | None = None,
    ) -> str:
        """The manifest; `entries` say the same as its own, differently."""
        return dump(
            name=self.name,
            project=_project(sees_all=self.sees_all),
            entries=_keyed(self.entries if entries is None else entries, self.external, self.keys, self.marked),
            schema=schema,
            header=header,
            remarks={self.keys.get(at, at): remark for at, remark in (remarks or {}).items()},
        )

    @property
    def size(self) -> int:
        return len(self.entries) + len(self.external)


def read_live(request: Request, *, owner: str | None, adopt: bool, with_region: bool = False) -> LiveManifest:
    """Everything in the project; valid as a manifest, and planning it shows no changes. Raises ProvisionerError, also
    where nothing belongs to the owner.
    """
    with connected(request, None) as planes:
        with looking(planes) as service:
            live = observe(KINDS, service, {}, parallelism=request.parallelism, closely=True)
        sees_all = planes.management is not None
        source = target_phrase(planes.target)
        region = _region(planes) if with_region else ""
    shadows = [at for at, it in live.items() if it.marker is not None and it.marker.is_shadow]
    live = {at: it for at, it in live.items() if at not in shadows}
    if owner is not None:
        _check_owner(owner, live.values(), sees_all=sees_all)
    name = owner or _busiest(live.values()) or _UNOWNED
    marked = _by_mark(live, name)
    others = keys_for((at for at in live if at not in marked), taken=frozenset(marked.values()))
    content = _content(name, live, {**others, **marked}, adopt=adopt, sees_all=sees_all, marked=marked)
    left_out = [*_told(_make_valid(content), content), *map(_shadow_left_out, shadows)]
    return LiveManifest(
        name=content.name,
        source=source,
        region=region,
        sees_all=sees_all,
        live=live,
        entries=content.entries,
        external=content.external,
        keys=content.keys,
        marked=content.marked,
        left_out=left_out,
    )


def whole_entries(
    name: str, live: Mapping[Address, Live], keys: Mapping[Address, Address], *, sees_all: bool
) -> tuple[Mapping[Address, Document], Mapping[Address, str]]:
    """What of the live objects a manifest of that name can have: its own and nobody's, and why not others of these.
    `keys` are those of the entries that are called otherwise.
    """
    content = _content(name, live, keys, adopt=True, sees_all=sees_all)
    reasons = _make_valid(content)
    return content.entries, reasons


def tell(found: LiveManifest, *, adopt: bool) -> None:
    """On stderr: which project it is, and what whoever uses the manifest must know of it."""
    note(f"This is {found.source}.")
    for reason in found.left_out:
        note(reason)
    _tell_odd(found.live.values())
    _tell_secrets(found.entries)
    _tell_open(found.entries)
    tell_unread(found.entries)
    _tell_unowned(found.live, adopt=adopt, sees_all=found.sees_all)


def schema_seen_from(folder: Path) -> str:
    """Where editors find the schema for a manifest in the folder, as its first line says it: in the folder or one
    around it, up to the current one. Empty where there is none: editors would complain.
    """
    here = Path.cwd()
    inside = (here / folder).resolve()
    around = [inside, *(each for each in inside.parents if each.is_relative_to(here.resolve()))]
    steps = next((number for number, each in enumerate(around) if (each / SCHEMA).is_file()), None)
    return "" if steps is None else "../" * steps + SCHEMA


def _region(planes: Planes) -> str:
    """Nice to know, and nothing stops where it is not told."""
    if planes.management is None:
        return ""
    try:
        account = planes.management.get(planes.management.account)
    except PlaneError:
        return ""
    return str((account or {}).get("location") or "")


def _check_owner(name: str, live: Iterable[Live], *, sees_all: bool) -> None:
    """Raises ProvisionerError where nothing live is this owner's."""
    owners = sorted({found.marker.owner for found in live if found.marker is not None})
    if name in owners:
        return
    meant = guess(name, owners).rstrip() or (f"There are: {listed(owners)}." if owners else "There are no owners.")
    hidden = (
        f" Owners of {listed([*_MANAGED.values()])} are seen only with AZURE_SUBSCRIPTION_ID and AZURE_RESOURCE_GROUP."
    )
    unseen = "" if sees_all else hidden
    raise ProvisionerError(f'Nothing live belongs to "{one_line(name)}".', meant + unseen)


def _busiest(live: Iterable[Live]) -> str | None:
    owners = Counter(found.marker.owner for found in live if found.marker is not None)
    usable = (name for name in owners if not owner_fault(name))
    return min(usable, key=lambda name: (-owners[name], name), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Content:
    """What the manifest will say; `entries` and `external` change until it is valid. Unless it `sees_all`, what is
    Azure Resource Manager's is only glimpsed through the project.
    """

    name: str
    sees_all: bool
    entries: dict[Address, Document]
    external: set[Address]
    keys: Mapping[Address, Address]
    marked: Collection[Address] = ()

    @property
    def text(self) -> str:
        entries = _keyed(self.entries, self.external, self.keys, self.marked)
        return dump(name=self.name, project=_project(sees_all=self.sees_all), entries=entries, schema="")


def _keyed(
    entries: Mapping[Address, Document],
    external: Collection[Address],
    keys: Mapping[Address, Address],
    marked: Collection[Address],
) -> dict[Address, Document]:
    """All of them by their keys; of an entry that is found by a mark, the name need not be said."""
    every = {**{at: {"external": True} for at in external}, **entries}
    return {
        (key := keys.get(at, at)): entry if at in marked and at in entries else with_live_name(entry, at, key)
        for at, entry in every.items()
    }


def _by_mark(live: Mapping[Address, Live], owner: str) -> dict[Address, Address]:
    """The key of each store that a migration gave another name, where there is one of that key."""
    found: dict[Address, list[Address]] = {}
    for at, it in live.items():
        if it.marker is not None and it.marker.owner == owner and it.marker.key and not it.marker.is_shadow:
            found.setdefault(Address(at.kind, it.marker.key), []).append(at)
    return {lives[0]: key for key, lives in found.items() if len(lives) == 1 and key not in live}


def _project(*, sees_all: bool) -> dict[str, str]:
    return _PROJECT | (_RESOURCE_GROUP if sees_all else {})


def _content(
    name: str,
    live: Mapping[Address, Live],
    keys: Mapping[Address, Address],
    *,
    adopt: bool,
    sees_all: bool,
    marked: Collection[Address] = (),
) -> _Content:
    content = _Content(name=name, sees_all=sees_all, entries={}, external=set(), keys=keys, marked=marked)
    names = Names(keys)
    for address, found in live.items():
        is_glimpsed = address.kind in _MANAGED and not sees_all  # too little to write it in full
        if found.odd:
            content.external.add(address)
        elif (adopt if found.marker is None else found.marker.owner == name) and not is_glimpsed:
            content.entries[address] = _entry(found, names)
        else:
            content.external.add(address)
    return content


def _make_valid(content: _Content) -> dict[Address, str]:
    """Leave out what a manifest cannot say; gives the reasons.

    An owned resource must not vanish from the manifest, as applying that would delete it. As an external one it is left
    alone. Only a name that no manifest can hold is left out for good.
    """
    reasons: dict[Address, str] = {}
    while more := dict(_left_out(content)):
        reasons |= more
    return reasons


def _left_out(content: _Content) -> Iterator[tuple[Address, str]]:
    by_key = {key: address for address, key in content.keys.items()}
    for key, problem in sorted(refused(content.text).items()):
        address = by_key.get(key, key)
        if content.entries.pop(address, None) is not None:
            content.external.add(address)
            yield address, problem.message
        elif address in content.external:
            content.external.remove(address)
            yield address, problem.message


def _told(reasons: Mapping[Address, str], content: _Content) -> list[str]:
    fates = {True: "is written as external", False: "is left out"}
    return [one_line(f"{at} {fates[at in content.external]}: {why}") for at, why in reasons.items()]


def _shadow_left_out(address: Address) -> str:
    return one_line(f"{address} is left out: it is a store of a migration under way, which the next apply ends.")


def _entry(found: Live, names: Names) -> Document:
    kind = KINDS[found.address.kind]
    entry = _with_open(found, dict(kind.entry(names.fields(kind, found.fields))))
    marker = found.marker
    lifecycle: Json = {}
    if marker is not None and marker.prevent_destroy:
        lifecycle["prevent_destroy"] = True
    if marker is not None and marker.on_remove.value != "delete":
        lifecycle["on_remove"] = marker.on_remove.value
    return {**entry, "lifecycle": lifecycle} if lifecycle else entry


def _with_open(found: Live, entry: Json) -> Json:
    """What sensitive variables made, as its marker says, with variables in its place that are to be set."""
    for path in hidden_in(veiled_live(entry, found, {})):
        variable = _variable_for((found.address.kind, found.address.name, *path))
        entry = with_value(entry, path, Open.of(variable, type_of(lookup(entry, path))))
    return entry


def _variable_for(steps: Sequence[str]) -> str:
    """A name that says where it stands, and that no other place has."""
    words = "_".join(steps)
    name = _NO_NAME.sub("_", words)
    if name == words and len(name) <= MOST_OF_NAME:
        return name
    return f"{name[: MOST_OF_NAME - 9]}_{digest(words)[:8]}"


def secrets_of(entry: Document) -> Iterator[tuple[str, ...]]:
    """Where values stand that may be secrets."""
    return _secrets(entry, redacted(entry))


def _tell_secrets(entries: Mapping[Address, Document]) -> None:
    paths = [f"{address}: {dotted(path)}" for address, entry in sorted(entries.items()) for path in secrets_of(entry)]
    if paths:
        note(
            f"Warning: {plural(len(paths), 'value')} may be secret, written as found in the project. Move each to a "
            "variable, as in ${env:FOUNDRY_NAME}, before the manifest is shared:"
        )
        for path in paths:
            remark(f"  {one_line(path)}")


def _tell_open(entries: Mapping[Address, Document]) -> None:
    names = sorted({it.name for _, it in open_in([*entries.values()])})
    if names:
        note(
            f"Not in it, as sensitive variables made it: what {listed([f'${{var.{name}}}' for name in names])} "
            f"{'stands' if len(names) == 1 else 'stand'} for. Set {'it' if len(names) == 1 else 'them'} as "
            "PROVISIONER_SECRET_NAME."
        )


def _secrets(value: object, shown: object, at: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Where the redacted value hides something, or a part of it."""
    if isinstance(shown, Mapping) and isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _secrets(inner, shown[str(key)], (*at, str(key)))
    elif isinstance(shown, list) and isinstance(value, (list, tuple)):
        for index, inner in enumerate(value):
            yield from _secrets(inner, shown[index], (*at, str(index)))
    elif isinstance(shown, Sensitive) or (isinstance(shown, str) and isinstance(value, str) and shown != value):
        yield at


def tell_unread(entries: Collection[Address]) -> None:
    """What the service holds for a resource and nobody can read back."""
    fields = {section: listed([dotted(path) for path in kind.traits.write_only]) for section, kind in KINDS.items()}
    for section, unread in fields.items():
        names = [one_line(str(address)) for address in sorted(entries) if address.kind == section]
        if unread and names:
            note(
                f"Not in it, as the service shows them to nobody: {unread} of {listed(names)}. They stay as they are; "
                "declare them, from variables and with a version, where they are to be written again."
            )


def _tell_odd(live: Iterable[Live]) -> None:
    for found in sorted((it for it in live if it.odd), key=lambda it: it.address):
        remark(one_line(f"Warning: {found.address} cannot be read and is written as external: {found.odd}."))


def _tell_unowned(live: Mapping[Address, Live], *, adopt: bool, sees_all: bool) -> None:
    glimpsed = {address for address in live if address.kind in _MANAGED and not sees_all}
    unowned = [it.address for it in live.values() if it.marker is None and not it.odd and it.address not in glimpsed]
    belong, are = ("belongs", "is") if len(unowned) == 1 else ("belong", "are")
    if glimpsed:
        sections = listed([title for section, title in _MANAGED.items() if any(at.kind == section for at in glimpsed)])
        note(
            f"{sections[0].upper()}{sections[1:]} are written as external, as it is not known whose they are: set "
            "AZURE_SUBSCRIPTION_ID and AZURE_RESOURCE_GROUP to see them whole."
        )
    if unowned and adopt:
        note(f"{len(unowned)} of them {belong} to no manifest yet: apply with --adopt to manage them.")
    elif unowned:
        note(
            f"{plural(len(unowned), 'resource')} {belong} to no manifest and {are} written as external; --adopt writes "
            "them in full."
        )
