"""Rules about what names what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Final

from provisioner.kinds import KINDS
from provisioner.manifest.draft import Draft, Entry
from provisioner.model.address import Address
from provisioner.model.diagnostic import Diagnostic, Severity
from provisioner.model.document import dotted
from provisioner.model.resource import Reference
from provisioner.model.words import guess, listed, quoted, shown, with_article

_SHOWN_CYCLE: Final = 8
_MOST_CYCLES: Final = 100
_MOST_GUESSES: Final = 100  # a guess looks at every name, and thousands of them would take minutes


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
    for count, (entry, reference) in enumerate(missing):
        section, name = reference.target.kind, reference.target.name
        # in other letters it is defined: declaring it once more would be a duplicate
        is_other = not (KINDS[section].traits.case_blind and name.casefold() in folded[section])
        may_guess = count < _MOST_GUESSES
        if not (reference.optional and is_other):
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
