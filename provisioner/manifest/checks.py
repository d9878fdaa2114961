"""What the schema cannot say. One generator, one rule; all of them run."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Final

from provisioner.kinds import KINDS
from provisioner.kinds.fragments import MARKED, TAKES_FILE
from provisioner.kinds.live_names import Names
from provisioner.manifest.declared import BOOLEAN, LIST, MAPPING, NUMBER, STRING
from provisioner.manifest.declared_checks import check_faults
from provisioner.manifest.draft import OURS, Draft, Entry, ManifestFile
from provisioner.manifest.given import is_in_the_open
from provisioner.manifest.misfits import fits_name, name_advice, name_fault
from provisioner.manifest.references import is_whole
from provisioner.manifest.schema import (
    ANY_KEY,
    ANY_NAME,
    EXTENSION,
    LIVE_NAME_OF_OTHERS,
    entry_shape,
    keys_at,
    schemas_at,
    schemas_in,
    types_at,
)
from provisioner.manifest.yaml_values import MAX_DEPTH
from provisioner.model.address import Address
from provisioner.model.diagnostic import Diagnostic, Severity
from provisioner.model.document import ABSENT, UNKNOWN, Document, Path, dotted, lies_under, lookup
from provisioner.model.resource import Reference
from provisioner.model.words import guess, listed, quoted, shown, with_article
from provisioner.model.write_only import version_of
from provisioner.model.written import secrets_of

_TEMPLATE: Final = re.compile(r"\{\{(?:[^{}]|\{(?!\{)|\}(?!\}))*\}\}")  # no pair of braces inside: linear
_PLACEHOLDER: Final = re.compile(r"(?<!\$)\$\{([A-Za-z_][A-Za-z0-9_]*)(?::?[-=?+][^{}]*)?\}")
# Variables and nothing else, but for a word that says how the secret is meant: `Bearer ${env:NAME}`. A default beside
# the name would be a secret in the file all the same.
_VARIABLES: Final = re.compile(
    r"(?:[A-Za-z]{1,30} )?(?:(?<!\$)\$\{(?:env:[A-Za-z_][A-Za-z0-9_]*(?::-)?|var\.[A-Za-z_][A-Za-z0-9_]*)\})+"
)
_OPEN_KINDS: Final = frozenset({"deployments", "rai_policies"})
_DECISIVE: Final = frozenset({"kind", "type", "model", "model_type", "category", "auth_type", "shared"})
_JSON_TYPES: Final[Mapping[str, frozenset[str]]] = {
    STRING: frozenset({"string"}),
    NUMBER: frozenset({"number", "integer"}),
    BOOLEAN: frozenset({"boolean"}),
    LIST: frozenset({"array"}),
    MAPPING: frozenset({"object"}),
}
_SHOWN_CYCLE: Final = 8
_MOST_CYCLES: Final = 100
_MOST_GUESSES: Final = 100  # a guess looks at every name, and thousands of them would take minutes


def variables(draft: Draft) -> Iterator[Diagnostic]:
    for file in draft.files:
        yield from file.variable_problems


def contents(draft: Draft) -> Iterator[Diagnostic]:
    """What could not be made a number of, and what is wrong with the files that entries name."""
    for file in draft.files:
        yield from file.content_problems


def sensitive_places(draft: Draft) -> Iterator[Diagnostic]:
    """Where a sensitive variable may not stand, whatever it holds."""
    for file in draft.files:
        for path, names in file.secrets.items():
            if (why := _may_not_be_sensitive(file, path)) or (why := _is_of_another_type(file, path, names)):
                yield _sensitive(file, path, names, why)
    for entry in draft.entries:
        for path in secrets_of(entry.written):
            meant = (it for it in entry.references if lies_under(it.path, (path,)) or lies_under(path, (it.path,)))
            if reference := next(meant, None):
                names = entry.file.secrets.get((*entry.path, *path), ())
                why = f"names another resource (`{dotted(reference.path)}`), and names are shown"
                yield _sensitive(entry.file, (*entry.path, *path), names, why)


def _sensitive(file: ManifestFile, path: Path, names: Sequence[str], why: str) -> Diagnostic:
    subject = f"The sensitive variable{'s' if len(names) > 1 else ''} {listed([quoted(it) for it in names])}"
    message = f"{subject} may not stand in `{shown(dotted(path))}`: it {why}."
    hint = "Take one that is not sensitive: not declared so, and set by PROVISIONER_VAR_… or --var."
    return Diagnostic(code="variable-sensitive", message=message, hint=hint, where=file.source.value_at(path))


def _may_not_be_sensitive(file: ManifestFile, path: Path) -> str:
    """Why, as the end of a sentence; empty where it may."""
    section, key = path[0], path[-1]
    inside = path[2] if len(path) > len(("section", "name")) else ""
    reasons = (
        (section not in KINDS, "is shown, or says what is done"),
        (section in _OPEN_KINDS, f"is checked before anything is written, and what is wrong with {section} is told"),
        (not inside, "would hold a whole resource"),
        (inside in OURS, "says how the resource is treated"),
        (key in _DECISIVE, f"decides what the resource is, by its `{key}`"),
        (path in file.held, "says which file is read, and that tells what it holds"),
    )
    return next((why for is_so, why in reasons if is_so), "")


def _is_of_another_type(file: ManifestFile, path: Path, names: Sequence[str]) -> str:
    """Without a look at what it holds."""
    wanted = types_at(entry_shape(path[0]).schema, path[2:])
    kind = file.variables.settings[names[0]].declaration.type if is_whole(file.written[path]) else STRING
    if not wanted or wanted & _JSON_TYPES[kind]:
        return ""
    words = [word for word, types in _JSON_TYPES.items() if types & wanted]
    return f"is to hold a {listed(words, 'or')}, and this is a {kind}"


def shapes(draft: Draft) -> Iterator[Diagnostic]:
    for entry in draft.entries:
        for finding, at_key, _ in entry.findings:
            yield from entry.told(finding, at_key=at_key, subject=f"{entry.address}: ")


def names(draft: Draft) -> Iterator[Diagnostic]:
    for entry in draft.entries:
        kind = KINDS[entry.address.kind]
        live, of_service = entry.value.get("live_name"), None if entry.external else kind.names()
        if isinstance(live, str):  # then the key is the manifest's own
            yield from _name(entry, f"The {kind.singular} key", entry.address.name, (ANY_KEY,), ())
            rules = (LIVE_NAME_OF_OTHERS,) if of_service is None else (ANY_NAME, of_service)
            yield from _name(entry, f"The {kind.singular} name", live, rules, ("live_name",))
        else:
            rules = (ANY_NAME,) if of_service is None else (ANY_NAME, of_service)
            yield from _name(entry, f"The {kind.singular} name", entry.address.name, rules, ())


def _name(entry: Entry, what: str, name: str, rules: tuple[Document, ...], path: Path) -> Iterator[Diagnostic]:
    """The first of the rules that it breaks."""
    rule = next((rule for rule in rules if not fits_name(name, rule)), None)
    if rule is not None:
        hint = str(rule.get("description") or name_advice(rule))
        yield from entry.error(
            "bad-name", path, f"{what} {quoted(name)} {name_fault(name, rule)}.", hint, at_key=not path
        )


def duplicates(draft: Draft) -> Iterator[Diagnostic]:
    firsts: dict[Address, Entry] = {}
    for entry in draft.entries:
        first = firsts.setdefault(_on_the_service(entry.address), entry)
        if first is not entry:
            where = first.file.source.key_at(first.path)
            place = f"{where.file}:{where.line}:{where.column}"
            message = f"{entry.address} is defined twice; the first is {place}."
            if first.address != entry.address:
                noun = KINDS[entry.address.kind].singular
                message = f"{entry.address} is {first.address} of {place}: names of {noun}s ignore case."
            yield from entry.error("duplicate-resource", (), message, "Keep one of the two.", at_key=True)


def live_names(draft: Draft) -> Iterator[Diagnostic]:
    """Of keys that mean the same is told above."""
    firsts: dict[Address, Entry] = {}
    for entry in draft.by_address.values():
        first = firsts.setdefault(_on_the_service(entry.live), entry)
        if first is entry or (entry.live == entry.address and first.live == first.address):
            continue
        where = first.file.source.key_at(first.path)
        place = f"{where.file}:{where.line}:{where.column}"
        message = f"{entry.address} and {first.address} of {place} are both {quoted(entry.live.name)} on the service."
        path = ("live_name",) if "live_name" in entry.value else ()
        hint = "Give one of them another `live_name`."
        yield from entry.error("live-name-twice", path, message, hint, at_key=not path)


def _on_the_service(address: Address) -> Address:
    """Equal for names that mean the same live object."""
    return Address(address.kind, address.name.casefold()) if KINDS[address.kind].traits.case_blind else address


def kinds_own_rules(draft: Draft) -> Iterator[Diagnostic]:
    for entry in draft.entries:
        if entry.known is None:
            continue
        kind = KINDS[entry.address.kind]
        findings = [*kind.check(entry.live.name, entry.known)]
        if entry.live != entry.address:  # a reference says the key, which must mean nothing else
            findings += [it for it in kind.check(entry.address.name, entry.known) if not it.path]
        for finding in findings:
            if lookup(entry.value, finding.path) is not ABSENT:  # under another name, that has been told
                yield from entry.told(finding, at_key=finding.at_key or not finding.path)


def ignored_fields(draft: Draft) -> Iterator[Diagnostic]:
    for entry in draft.entries:
        lifecycle = entry.value.get("lifecycle")
        ignored = lifecycle.get("ignore") if isinstance(lifecycle, dict) else None
        for index, field in enumerate(ignored if isinstance(ignored, list) else ()):
            if isinstance(field, str):
                yield from _ignored_field(entry, field, ("lifecycle", "ignore", str(index)))


def _ignored_field(entry: Entry, field: str, path: Path) -> Iterator[Diagnostic]:
    here: list[Document] = [KINDS[entry.address.kind].schema()]
    steps = tuple(field.split(".", MAX_DEPTH))
    for sealed in KINDS[entry.address.kind].traits.write_only:
        if lies_under(steps, (sealed,)) and steps != sealed:
            message = f"`{dotted(sealed)}` is written whole, and nobody can read back what is in it."
            yield from entry.error("unknown-field", path, message, f"Ignore `{dotted(sealed)}`.")
            return
    for end, step in enumerate(steps):
        parent = dotted(steps[:end])
        if parent and all(each.get("type") == "array" for each in here):
            message = f"`{shown(parent)}` is a list, and lists are compared whole."
            yield from entry.error("unknown-field", path, message, f"Ignore `{shown(parent)}`.")
            return
        inner = schemas_in(here, step)
        if not step or not inner:
            known = [key for each in here for key in keys_at(each, ())]
            message = (
                f"There is no field {quoted(field)} to ignore in {with_article(KINDS[entry.address.kind].singular)}."
            )
            inside = f" in `{shown(parent)}`" if parent else ""
            fields = f"Fields{inside}: {listed(known)}." if known else f"There are no fields{inside}."
            yield from entry.error("unknown-field", path, message, guess(step, known) + fields)
            return
        here = inner


def placeholders(draft: Draft) -> Iterator[Diagnostic]:
    """`${NAME}`, as azd and shells write it: here it is text like any other, and rarely meant to be.

    Texts of several lines and what stands in schemas, specifications and other documents are left alone: there it may
    be a template of the author's own, or code. So is what `{{…}}` or another `$` holds apart.
    """
    for file in draft.files:
        if not file.source.lines.holds("${"):
            continue
        root = file.source.root  # as it is written: what a variable brings along is not the author's
        for path, text in _suspects(root, ()) if isinstance(root, dict) else ():
            if not (path[0].startswith(EXTENSION) or _is_in_document(path)):
                yield from _placeholder(file, text, path)


def _suspects(value: object, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(value, str):
        if "${" in value and "\n" not in value:
            yield path, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _suspects(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _suspects(inner, (*path, str(index)))


def _is_in_document(path: Path) -> bool:
    section, _, *inside = path if len(path) > 1 else (*path, "")
    schemas: list[Document] = [entry_shape(section).schema] if section in KINDS else []
    for step in inside:
        schemas = [inner for each in schemas for inner in schemas_at(each, (step,))]
        if any(each.get(TAKES_FILE) == "document" for each in schemas):
            return True
    return False


def _placeholder(file: ManifestFile, text: str, path: Path) -> Iterator[Diagnostic]:
    for match in _PLACEHOLDER.finditer(_TEMPLATE.sub("", text)):
        name = shown(match[1])
        message = f"`${{{name}}}` is a placeholder of other tools; here it is text, and sent as it is."
        permission = "" if file.variables.allows(match[1]) else f", and pass --allow-env {name}"
        hint = f"If a variable is meant, write `${{env:{name}}}`{permission}."
        yield from file.error("placeholder", path, message, hint, severity=Severity.WARNING)


def secrets_in_the_file(draft: Draft) -> Iterator[Diagnostic]:
    for entry, path in _write_only(draft):
        for at in _secret_paths(entry, lookup(entry.value, path), path):
            if not _is_from_outside(entry.file, (*entry.path, *at)):
                message = f"{entry.address}: the secret `{dotted(at)}` is written in the manifest itself."
                hint = (
                    "Take it from a sensitive variable, ${var.NAME}, or from the environment, ${env:NAME}, without a "
                    "default. Change the secret, if it was real."
                )
                where = entry.file.source.value_at((*entry.path, *at))
                yield Diagnostic(code="secret-in-manifest", message=message, hint=hint, where=where)


def _is_from_outside(file: ManifestFile, path: Path) -> bool:
    """Whether variables alone make what stands there, and none by what the manifest says of it."""
    for end in range(len(path), 0, -1):
        if names := file.secrets.get(path[:end]):
            path = path[:end]
            if any(is_in_the_open(file.variables.settings[name]) for name in names):
                return False
            break
    written = lookup(file.source.root, path)  # type: ignore[arg-type]  # the way is there
    return isinstance(written, str) and _VARIABLES.fullmatch(written) is not None


def versions_of_values(draft: Draft) -> Iterator[Diagnostic]:
    for entry, path in _write_only(draft):
        version = version_of(path)
        if lookup(entry.value, path) != {} and lookup(entry.value, version) is ABSENT:
            message = (
                f"{entry.address}: `{dotted(path)}` has no `{dotted(version)}` beside it. What is live cannot be read "
                "back, so only a changed version tells that it is to be written again."
            )
            hint = f"Add one of your own choice, and change it with the values: `{version[-1]}: 1`."
            yield from entry.error("write-only-version", path, message, hint, at_key=True)
    for entry in draft.entries:
        for path in KINDS[entry.address.kind].traits.write_only:
            version = version_of(path)
            if lookup(entry.value, version) is not ABSENT and lookup(entry.value, path) is ABSENT:
                message = f"{entry.address} has a `{dotted(version)}` and no `{dotted(path)}`: a change writes nothing."
                hint = f"Declare `{path[-1]}` to have it written; what is live stays as it is."
                yield from entry.error("write-only-version", version, message, hint, severity=Severity.WARNING)


def _write_only(draft: Draft) -> Iterator[tuple[Entry, Path]]:
    for entry in draft.entries:
        for path in KINDS[entry.address.kind].traits.write_only:
            if not entry.external and lookup(entry.value, path) not in (ABSENT, UNKNOWN):
                yield entry, path


def _secret_paths(entry: Entry, value: object, path: Path) -> Iterator[Path]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _secret_paths(entry, inner, (*path, str(key)))
    elif any(each.get(MARKED) for each in schemas_at(KINDS[entry.address.kind].schema(), path)):
        yield path


def unknown_references(draft: Draft) -> Iterator[Diagnostic]:
    if not draft.complete:
        return
    declared: dict[str, list[str]] = {section: [] for section in KINDS}
    for address in draft.by_address:
        declared[address.kind].append(address.name)
    missing = (
        (entry, reference)
        for entry in draft.entries
        for reference in entry.references
        if reference.target not in draft.by_address
    )
    folded = {section: {name.casefold() for name in names} for section, names in declared.items()}
    keys = Names({entry.live: entry.address for entry in draft.by_address.values() if entry.live != entry.address})
    for count, (entry, reference) in enumerate(missing):
        section, name = reference.target.kind, reference.target.name
        # in other letters it is defined: declaring it once more would be a duplicate
        is_other = not (KINDS[section].traits.case_blind and name.casefold() in folded[section])
        may_guess = count < _MOST_GUESSES
        if (meant := keys.meant(reference)) != reference.target:
            yield from _by_live_name(entry, reference, meant)
        elif not (reference.optional and is_other):
            yield from _unknown(entry, reference, declared[section], may_guess=may_guess, is_other=is_other)
        elif may_guess:
            yield from _perhaps_meant(entry, reference, declared[section])


def _unknown(
    entry: Entry, reference: Reference, known: list[str], *, may_guess: bool, is_other: bool
) -> Iterator[Diagnostic]:
    target = reference.target
    noun = KINDS[target.kind].singular
    message = (
        f"{entry.address} uses the {noun} {quoted(target.name)} (`{dotted(reference.path)}`), which this manifest does "
        "not define."
    )
    there = f"Defined here: {listed(known)}." if known else f"It defines no {noun}."
    hint = f"{guess(target.name, known) if may_guess else ''}{there}"
    if is_other:
        entry_of_other = f"{target.kind}: {{{shown(target.name)}: {{external: true}}}}"
        hint += f" One that exists and is not yours is declared with `{entry_of_other}`."
    yield from entry.error("unknown-reference", reference.path, message, hint)


def _by_live_name(entry: Entry, reference: Reference, meant: Address) -> Iterator[Diagnostic]:
    target = reference.target
    message = (
        f"{entry.address} uses the {KINDS[target.kind].singular} {quoted(target.name)} (`{dotted(reference.path)}`), "
        f"which is the live name of {meant}."
    )
    hint = f"References use the key: write {quoted(meant.name)}."
    yield from entry.error("unknown-reference", reference.path, message, hint)


def _perhaps_meant(entry: Entry, reference: Reference, known: list[str]) -> Iterator[Diagnostic]:
    """It may be somebody else's, and often is; where the manifest has one of nearly that name, that is said."""
    target = reference.target
    if meant := guess(target.name, known):
        message = (
            f"{entry.address} uses the {KINDS[target.kind].singular} {quoted(target.name)} "
            f"(`{dotted(reference.path)}`), which this manifest does not define; it is taken for somebody else's."
        )
        hint = f"{meant}If not, declare it: `{target.kind}: {{{target.name}: {{external: true}}}}`."
        yield from entry.error("unknown-reference", reference.path, message, hint, severity=Severity.WARNING)


def wrong_model_kinds(draft: Draft) -> Iterator[Diagnostic]:
    provided = {address: _provides(entry) for address, entry in draft.by_address.items()}
    fitting: dict[str, list[str]] = {}
    for address, what in provided.items():
        if what is not None:
            fitting.setdefault(what, []).append(address.name)
    for entry in draft.entries:
        for reference in entry.references:
            what = provided.get(reference.target)
            if None not in (what, reference.wants) and what != reference.wants:
                yield from _wrong_kind(entry, reference, str(what), fitting.get(str(reference.wants), []))


def _provides(entry: Entry) -> str | None:
    if entry.known is None:
        return None
    kind = KINDS[entry.address.kind]
    return kind.provides(entry.fields if entry.known is entry.value else kind.desired(entry.known))


def _wrong_kind(entry: Entry, reference: Reference, provided: str, fitting: list[str]) -> Iterator[Diagnostic]:
    noun, wanted = KINDS[reference.target.kind].singular, f"{with_article(str(reference.wants))} model"
    message = (
        f"{entry.address} wants {wanted} in `{dotted(reference.path)}`, but the {noun} "
        f"{quoted(reference.target.name)} is of {with_article(provided)} model."
    )
    hint = f"Fitting here: {listed(fitting)}." if fitting else f"Define one with {wanted}."
    yield from entry.error("wrong-model-kind", reference.path, message, hint)


def reference_cycles(draft: Draft) -> Iterator[Diagnostic]:
    needs = {address: _targets(entry) for address, entry in draft.by_address.items()}
    for cycle in islice(_cycles(needs), _MOST_CYCLES):
        entry = draft.by_address[cycle[0]]
        reference = next(each for each in entry.references if each.target == cycle[1 % len(cycle)])
        way = " → ".join(str(address) for address in (*cycle[:_SHOWN_CYCLE], cycle[0]))
        message = f"Resources need each other in a circle: {way}." if len(cycle) > 1 else f"{cycle[0]} needs itself."
        yield from entry.error("reference-cycle", reference.path, message, "Remove one of the references.")


def _targets(entry: Entry) -> tuple[Address, ...]:
    return tuple(reference.target for reference in entry.references)


def _cycles(needs: Mapping[Address, tuple[Address, ...]]) -> Iterator[tuple[Address, ...]]:
    """At least one way round for each knot. A walk in depth with a stack of its own."""
    done: set[Address] = set()
    for start in needs:
        trail = [start] if start not in done else []
        waiting = {address: iter(needs[address]) for address in trail}
        while trail:
            target = next(waiting[trail[-1]], None)
            if target is None:
                done.add(trail[-1])
                del waiting[trail.pop()]
            elif target in waiting:
                yield tuple(trail[trail.index(target) :])
            elif target in needs and target not in done:
                trail.append(target)
                waiting[target] = iter(needs[target])


Rule = Callable[[Draft], Iterator[Diagnostic]]
# These say nothing of what a variable holds; of the others' words, see `load`.
PLAIN_RULES: Final[tuple[Rule, ...]] = (
    variables,
    contents,
    sensitive_places,
    placeholders,
    secrets_in_the_file,
    versions_of_values,
)
RULES: Final[tuple[Rule, ...]] = (
    shapes,
    names,
    duplicates,
    live_names,
    kinds_own_rules,
    ignored_fields,
    unknown_references,
    wrong_model_kinds,
    reference_cycles,
    check_faults,
)
