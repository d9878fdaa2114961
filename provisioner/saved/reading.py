"""From the text of a saved plan to values, or to the reason why not.

What is read back is good for every renderer. Secrets are hidden in it already, so nothing here hides them again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, NoReturn

from provisioner import __version__
from provisioner.kinds import KINDS, TRAITS
from provisioner.model.action import Action, Origin
from provisioner.model.address import Address
from provisioner.model.allowances import Allowances
from provisioner.model.checksum import is_whole
from provisioner.model.diagnostic import Diagnostic, Location, Severity
from provisioner.model.document import ABSENT, Document, Json, Path
from provisioner.model.errors import ProvisionerError
from provisioner.model.lock import CONTAINER, LockSettings
from provisioner.model.plan import Change, FieldChange, Plan, Target
from provisioner.model.policy import RULES, Policy
from provisioner.model.redact import CHANGED, HIDDEN, Masked, Sensitive
from provisioner.model.resource import Live, Marker, OnRemove
from provisioner.model.run_scope import RunScope
from provisioner.model.sealed import Sealed
from provisioner.model.words import quoted, shown
from provisioner.model.written import VARIABLE_NAME, VARIABLE_TYPES, may_refer, shown_text
from provisioner.reconcile.fingerprints import Fingerprint
from provisioner.saved.holdings import holding_in
from provisioner.saved.migrations import migration_in
from provisioner.saved.shapes import MEMBERS, OPTIONS, PLAN, POLICY

_MAJOR: Final = 1
_VERSION: Final = re.compile(r"(\d{1,6})\.(\d{1,6})")
_SURROGATE: Final = re.compile(r"\\u[dD][89a-fA-F]")
_AGAIN: Final = "Plan again: provisioner plan --out plan.json."


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """What is named by the changes and left alone, as it was. `values` are those that the manifest declares; `scope`
    tells it from others of its name, and is None where the manifest does not manage it.
    """

    address: Address
    then: Fingerprint
    values: Document
    scope: Document | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedPlan:
    """`plan` is what a reader is shown. `entries` are those of the manifest that the changes follow from, with
    references to variables in them; `then` are the fingerprints of what the changes touch, where something was live.
    """

    plan: Plan
    entries: Mapping[Address, Document]
    then: Mapping[Address, Fingerprint]
    neighbours: tuple[Neighbour, ...]
    obstacles: tuple[str, ...]
    unknown_options: tuple[str, ...]


class NotAPlan(ProvisionerError):  # noqa: N818 - the name says it
    """The text cannot be believed; nothing was done with it."""


def read_plan(text: str, name: str) -> SavedPlan:
    """`name` is what messages call it. Raises NotAPlan."""
    document = _document(text, name)
    _require_version(document, name)
    if "checksum" not in document:
        _refuse(f"{name} carries no checksum, so it was not written to be read back.", _AGAIN)
    if not is_whole(text, str(document["checksum"])):
        _refuse(f"{name} was changed since it was written: its checksum does not fit.", _AGAIN)
    _require_known(document, name)
    if odd := PLAN.oddity(document):
        _refuse(f"{name} cannot be read: {shown(odd)}.", _AGAIN)
    try:
        return _saved(document)
    except (ValueError, OverflowError) as error:
        raise NotAPlan(f"{name} cannot be read: {error}.", _AGAIN) from None


def _refuse(message: str, hint: str) -> NoReturn:
    raise NotAPlan(message, hint)


def _document(text: str, name: str) -> Json:
    if not text.strip():
        _refuse(f"{name} is empty.", _AGAIN)
    try:
        document = json.loads(text, parse_constant=_no_number)
        if _SURROGATE.search(text):
            json.dumps(document, ensure_ascii=False).encode("utf-8")
    except json.JSONDecodeError as error:
        if not text.rstrip().endswith("}"):
            _refuse(f"{name} is not whole: it ends in the middle, at line {error.lineno}.", _AGAIN)
        _refuse(f"{name} is no JSON: see line {error.lineno}, column {error.colno}.", _AGAIN)
    except (ValueError, RecursionError):
        _refuse(f"{name} cannot be read: it holds what no plan holds.", _AGAIN)
    if not isinstance(document, dict) or any(member not in document for member in MEMBERS):
        _refuse(f"{name} is no plan of the provisioner; it may be another tool's, or another document.", _AGAIN)
    return document


def _no_number(word: str) -> NoReturn:
    raise ValueError(word)


def _require_version(document: Json, name: str) -> None:
    said = document["format_version"]
    match = _VERSION.fullmatch(said) if isinstance(said, str) else None
    if match is None or int(match[1]) < _MAJOR:
        _refuse(f"{name} is no plan of the provisioner: its format is {quoted(said)}.", _AGAIN)
    if int(match[1]) > _MAJOR:
        _refuse(
            f"{name} has the format {said}, which is newer than this version ({__version__}) can read.",
            f"Use the version that made it: {shown(str(document.get('tool_version') or 'a newer one'))}.",
        )


def _require_known(document: Json, name: str) -> None:
    """Raises NotAPlan for actions and kinds that came later."""
    known = {action.value for action in Action}
    changes = document["changes"] if isinstance(document["changes"], list) else []
    for change in changes:
        action = change.get("action") if isinstance(change, dict) else None
        address = change.get("address") if isinstance(change, dict) else None
        kind = address.get("kind") if isinstance(address, dict) else None
        for word, value, those in (("action", action, known), ("kind", kind, KINDS)):
            if isinstance(value, str) and value not in those:
                version = shown(str(document.get("tool_version") or "a newer one"))
                _refuse(
                    f"{name} holds the {word} {quoted(value)}, which this version ({__version__}) does not know.",
                    f"Use the version that made it: {version}.",
                )


def _saved(document: Json) -> SavedPlan:
    changes = [(_change(it), it) for it in document["changes"]]
    if len({change.address for change, _ in changes}) < len(changes):
        raise ValueError("two changes are of one resource")
    options = document["options"]
    return SavedPlan(
        plan=_plan(document, tuple(change for change, _ in changes)),
        entries={change.address: it["entry"] for change, it in changes if it.get("entry") is not None},
        then={change.address: _fingerprint(it["live"]) for change, it in changes if it.get("live") is not None},
        neighbours=tuple(
            Neighbour(
                address=_address(it["address"]),
                then=_fingerprint(it["live"]),
                values=it["values"],
                scope=it.get("scope"),
            )
            for it in document["referred"]
        ),
        obstacles=_obstacles(document),
        unknown_options=(*sorted(options.keys() - OPTIONS), *_unknown_rules(document)),
    )


def _sensitive(said: Mapping[str, Any]) -> dict[str, str]:
    for name, kind in said.items():
        if kind not in VARIABLE_TYPES or not VARIABLE_NAME.fullmatch(name):
            raise ValueError(f"there is no variable {quoted(name)} of the type {quoted(kind)}")
    return dict(said)


def _unknown_rules(document: Json) -> tuple[str, ...]:
    """What it was held to, and could not be held to here."""
    return tuple(f"policy.{name}" for name in sorted((document.get("policy") or {}).keys() - POLICY))


def _obstacles(document: Json) -> tuple[str, ...]:
    said = tuple(document["obstacles"])
    if document["applicable"] and not said:
        return ("It was refused.",) if document["refusals"] else ()
    return said or ("It says so itself.",)


def _plan(document: Json, changes: tuple[Change, ...]) -> Plan:
    target = document.get("target")
    options = document["options"]
    most = options.get("max_deletes")
    scope = document.get("scope") or {}
    return Plan(
        owner=document["owner"],
        target=_target(target) if target is not None else None,
        changes=changes,
        unchanged=_addresses(document["unchanged"]),
        refusals=tuple(map(_diagnostic, document["refusals"])),
        warnings=tuple(map(_diagnostic, document["warnings"])),
        notes=tuple(map(_diagnostic, document["notes"])),
        left_out=_addresses(document["left_out"]),
        suspended=tuple(map(_change, document.get("suspended") or ())),
        scope=RunScope(targets=tuple(scope.get("targets", ())), excludes=tuple(scope.get("excludes", ()))),
        out_of_scope=_addresses(scope.get("out_of_scope", ())),
        destruction=document["destruction"],
        allow=Allowances(
            adopt=options["adopt"],
            data_loss=frozenset(map(Address.parse, options["allow_data_loss"])),
            max_deletes=int(most) if most is not None else None,
            take_over=frozenset(options["take_over"]),
            no_delete=options["no_delete"],
            replace=frozenset(map(Address.parse, options.get("replace") or ())),
            policy=_policy(document.get("policy") or {}),
        ),
        lock=_lock(document.get("lock")),
        made_at=document.get("made_at") or "",
        sensitive=_sensitive(document.get("variables") or {}),
        told_digest=document["digest"],
    )


def _lock(document: Json | None) -> LockSettings | None:
    if document is None:
        return None
    blob = document["azure_blob"]
    if not re.fullmatch(CONTAINER, blob["container"]):
        raise ValueError(f"no container has the name {quoted(blob['container'])}")
    return LockSettings(account_url=blob["account_url"], container=blob["container"])


def _target(document: Json) -> Target:
    return Target(**{name: document[name] for name in Target.__slots__ if document.get(name) is not None})


def _policy(document: Json) -> Policy:
    """As it was said; unknown rules are an obstacle: see `SavedPlan.unknown_options`."""
    rules = {name: document[name] for name in RULES if document.get(name) is not None}
    policy = Policy.of({**rules, "max_deletes": int(rules["max_deletes"])} if "max_deletes" in rules else rules)
    said = frozenset((it["rule"], _location(it)) for it in document.get("said", ()) if it["rule"] in policy.restricting)
    return replace(policy, said=said)


def _location(document: Json) -> Location:
    return Location(**{name: document[name] for name in ("file", "line", "column", "path")})


def _change(document: Json) -> Change:
    address = _address(document["address"])
    action = Action(document["action"])
    fields = tuple(_field(it, address) for it in document["fields"])
    live, needs = document.get("live"), frozenset(_addresses(document["needs"]))
    leaves = action in (Action.DELETE, Action.RELEASE)  # then they are what the live object names
    holding = holding_in(document.get("holding"))
    migration = migration_in(document.get("migration"), holding, _address)
    # what is moved to another name was live under its own
    at = migration.source if action is Action.MIGRATE and migration is not None else address
    before = _live(live, at, _fields(fields, "before"), needs if leaves else frozenset()) if live else None
    return Change(
        action=action,
        address=address,
        before=before,
        after=None if action is Action.DELETE else _fields(fields, "after"),
        marker=_marker(document.get("marker")),
        fields=() if action in (Action.CREATE, Action.DELETE) else fields,
        needs=frozenset() if leaves else needs,
        loses_data=document["loses_data"],
        referrers=_addresses(document["referrers"]),
        reason=document["reason"],
        remarks=tuple(document["remarks"]),
        key="" if document.get("key") in (None, address.name) else document["key"],
        holding=holding,
        migration=migration,
    )


def _fields(fields: Iterable[FieldChange], side: str) -> Json:
    """What is known of the object on this side: nothing but the fields that are shown."""
    result: Json = {}
    for field in fields:
        value = field.before if side == "before" else field.after
        if value is ABSENT or not field.path:
            continue
        here: Any = result
        for key in field.path[:-1]:
            here = here.setdefault(key, {})
            if not isinstance(here, dict):
                raise ValueError(f"two fields overlap: {shown('.'.join(field.path))}")  # noqa: TRY004 - no programmer's
        here[field.path[-1]] = value
    return result


def _field(document: Json, address: Address) -> FieldChange:
    path = tuple(_shown(key) for key in document["path"])
    is_sealed = path in TRAITS[address.kind].write_only and "after" in document
    origin = document.get("origin")
    return FieldChange(
        path=path,
        before=_shown(document["before"]) if "before" in document else ABSENT,
        after=Sealed("") if is_sealed else _shown(document["after"]) if "after" in document else ABSENT,
        origin=Origin(origin) if origin is not None else None,
        forces_replace=document["forces_replace"],
    )


def _shown(value: Any) -> Any:
    """The value as it was shown, however it is looked at again."""
    if isinstance(value, str):
        if value.startswith(HIDDEN[:-1]) and "\n" not in value:
            return Sensitive.of("", shown=value)
        if HIDDEN in value or CHANGED in value:
            return Masked.of(value, ())
        return shown_text(value) if may_refer(value) and "\n" not in value else value
    if isinstance(value, dict):
        return {_shown(key): _shown(inner) for key, inner in value.items()}
    return [_shown(inner) for inner in value] if isinstance(value, list) else value


def _live(document: Json, address: Address, fields: Document, needs: frozenset[Address]) -> Live:
    return Live(
        address=address,
        fields=fields,
        marker=_marker(document.get("marker")),
        needs=needs,
        revision=document["revision"],
        marker_revision=document["marker_revision"],
        identity=document["identity"],
    )


def _marker(document: Json | None) -> Marker | None:
    if document is None:
        return None
    return Marker(
        owner=document["owner"],
        prevent_destroy=document["prevent_destroy"],
        on_remove=OnRemove(document["on_remove"]),
    )


def _fingerprint(document: Json) -> Fingerprint:
    return Fingerprint(
        identity=document["identity"],
        marker=document["applied"],
        fields=document["fields"],
        outside=tuple(_path(it) for it in document["outside"]),
    )


def _path(keys: Iterable[str]) -> Path:
    return tuple(keys)


def _address(document: Json) -> Address:
    if document["kind"] not in KINDS:
        raise ValueError(f"there is no kind {quoted(document['kind'])}")
    if not document["name"]:
        raise ValueError("a resource has no name")
    return Address(document["kind"], document["name"])


def _addresses(documents: Iterable[Json]) -> tuple[Address, ...]:
    return tuple(map(_address, documents))


def _diagnostic(document: Json) -> Diagnostic:
    where = document.get("where")
    return Diagnostic(
        code=document["code"],
        message=document["message"],
        hint=document["hint"],
        severity=Severity(document["severity"]),
        where=_location(where) if where else None,
        resources=_addresses(document.get("resources") or ()),
    )
