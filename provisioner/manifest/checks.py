"""What the schema cannot say. One generator, one rule; all of them run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from provisioner.kinds import KINDS
from provisioner.manifest.draft import Draft, Entry
from provisioner.manifest.misfits import fits_name, name_advice, name_fault
from provisioner.manifest.placeholders import placeholders
from provisioner.manifest.references import reference_cycles, unknown_references, wrong_model_kinds
from provisioner.manifest.schema import ANY_NAME, Schema, keys_at, schemas_in
from provisioner.manifest.write_only import secrets_in_the_file, versions_of_values
from provisioner.manifest.yaml_values import MAX_DEPTH
from provisioner.model.address import Address
from provisioner.model.diagnostic import Diagnostic
from provisioner.model.document import ABSENT, Path, dotted, lies_under, lookup
from provisioner.model.words import guess, listed, quoted, shown, with_article


def variables(draft: Draft) -> Iterator[Diagnostic]:
    for file in draft.files:
        yield from file.variable_problems


def contents(draft: Draft) -> Iterator[Diagnostic]:
    """What could not be made a number of, and what is wrong with the files that entries name."""
    for file in draft.files:
        yield from file.content_problems


def shapes(draft: Draft) -> Iterator[Diagnostic]:
    for entry in draft.entries:
        for finding, at_key, _ in entry.findings:
            yield from entry.told(finding, at_key=at_key, subject=f"{entry.address}: ")


def names(draft: Draft) -> Iterator[Diagnostic]:
    for entry in draft.entries:
        kind = KINDS[entry.address.kind]
        name, rule = entry.address.name, ANY_NAME
        if fits_name(name, rule) and not entry.external:
            rule = kind.names()
        if not fits_name(name, rule):
            message = f"The {kind.singular} name {quoted(name)} {name_fault(name, rule)}."
            hint = str(rule.get("description") or name_advice(rule))
            yield from entry.error("bad-name", (), message, hint, at_key=True)


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


def _on_the_service(address: Address) -> Address:
    """Equal for names that mean the same live object."""
    return Address(address.kind, address.name.casefold()) if KINDS[address.kind].traits.case_blind else address


def kinds_own_rules(draft: Draft) -> Iterator[Diagnostic]:
    for entry in draft.entries:
        if entry.known is None:
            continue
        for finding in KINDS[entry.address.kind].check(entry.address.name, entry.known):
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
    here: list[Schema] = [KINDS[entry.address.kind].schema()]
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


Rule = Callable[[Draft], Iterator[Diagnostic]]
# These say nothing of what a variable holds; of the others' words, see `unvalued`.
PLAIN_RULES: Final[tuple[Rule, ...]] = (variables, contents, placeholders, secrets_in_the_file, versions_of_values)
RULES: Final[tuple[Rule, ...]] = (
    shapes,
    names,
    duplicates,
    kinds_own_rules,
    ignored_fields,
    unknown_references,
    wrong_model_kinds,
    reference_cycles,
)
