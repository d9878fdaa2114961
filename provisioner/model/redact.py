"""Secrets are hidden by their place: the value of a field whose name says that it is one (`api_key`, `Authorization`),
at any depth, in lists and in `{name: …, value: …}` pairs too. Where names only describe (properties of a JSON Schema,
parameters and security schemes of an OpenAPI document, structured inputs) what describes them is shown, and only what
may be a value of theirs is hidden: a default, an example, and all that is not known to be a description.

The values of headers and of environment variables are hidden whatever their names are, but for references (`${NAME}`,
`{{name}}`). Of a text only what has the form of a secret is hidden (see `forms`).

A hidden value is shown as `(sensitive)`, and nothing that is shown, or computed from what is shown, depends on it: any
fingerprint would tell whoever tries candidates. Where two sides are shown, `told_apart` says which ones changed; what
is only written, and compared with nothing, is always `(sensitive)`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from provisioner.model.document import ABSENT, Absent, Path, canonical
from provisioner.model.key_roles import ABOUT, FIELDS, LISTED, OPAQUE, Role
from provisioner.model.sealed import UNSEEN, Sealed
from provisioner.model.secrets import is_secret
from provisioner.model.veiled import Veiled

# What a reference looks like, behind a scheme or alone; a default beside the name may be a secret itself.
_REFERENCE: Final = re.compile(r"(?:[A-Za-z]{1,30} )?(?:\$\{(?:env:)?[A-Za-z_][\w.]*\}|\{\{ *[A-Za-z_][\w.-]* *\}\})")
_SCHEME: Final = re.compile(r"[A-Za-z]{1,30} +")
_PAIR_NAMES: Final = ("name", "key", "header")
_PAIR_VALUES: Final = frozenset({"value", "values"})


HIDDEN: Final = UNSEEN
CHANGED: Final = "(sensitive, changed)"


class Sensitive(str):
    """What is shown in the place of a hidden value, which `secret` compares by and nobody shows."""

    __slots__ = ("secret",)
    secret: str

    @classmethod
    def of(cls, secret: str, *, shown: str = HIDDEN) -> Sensitive:
        made = cls(shown)
        made.secret = secret
        return made


class Standing(Sensitive):
    """What is written in the place of a value that a sensitive variable made: it may be shown, and the value not."""

    __slots__ = ()


class Masked(str):
    """A text in which something is hidden: `pieces` are what stands around the `secrets`."""

    __slots__ = ("pieces", "secrets")
    pieces: tuple[str, ...]
    secrets: tuple[str, ...]

    @classmethod
    def of(cls, text: str, spans: Sequence[tuple[int, int]]) -> Masked:
        ends = [0, *(end for _, end in spans)]
        starts = [*(start for start, _ in spans), len(text)]
        pieces = tuple(text[end:start] for end, start in zip(ends, starts, strict=True))
        return cls._made(HIDDEN.join(pieces), pieces, tuple(text[start:end] for start, end in spans))

    @classmethod
    def _made(cls, text: str, pieces: tuple[str, ...], secrets: tuple[str, ...]) -> Masked:
        made = cls(text)
        made.pieces, made.secrets = pieces, secrets
        return made

    def telling(self, changed: Collection[int]) -> Masked:
        """The same, in which the secrets of these numbers are said to have changed."""
        words = [CHANGED if number in changed else HIDDEN for number in range(len(self.secrets))]
        text = "".join(part for pair in zip(self.pieces, [*words, ""], strict=True) for part in pair)
        return self._made(text, self.pieces, self.secrets)

    def by_line(self) -> Iterator[tuple[str, tuple[int, ...]]]:
        """The lines in which something is hidden, and the numbers of the secrets in each."""
        numbers: dict[int, list[int]] = {}
        line = 0
        for number, piece in enumerate(self.pieces[:-1]):
            line += piece.count("\n")
            numbers.setdefault(line, []).append(number)
        lines = self.split("\n")
        return ((lines[line], tuple(inside)) for line, inside in numbers.items())


class HiddenKeys:
    """Keys that are secrets by their form, each shown in one way wherever it stands, so that they stay apart."""

    def __init__(self) -> None:
        self._shown: dict[str, Sensitive] = {}

    def key(self, key: str) -> str:
        if isinstance(key, Sensitive) or not _secret_spans(key):
            return key
        number = len(self._shown) + 1
        return self._shown.setdefault(key, Sensitive.of(key, shown=HIDDEN if number == 1 else f"{HIDDEN} {number}"))

    def path(self, path: Path) -> Path:
        return tuple(map(self.key, path))

    def value(self, value: object) -> object:
        if isinstance(value, Mapping):
            return {self.key(str(key)): self.value(inner) for key, inner in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.value(item) for item in value]
        return value


SEALED: Final = Sensitive.of("")  # of what is only written, not even whether it changed is told


@dataclass(frozen=True, slots=True)
class _Place:
    """`secret` holds for every value here and below, `named` only for one that stands here itself, and `listed`
    tells that it is an item of a list.
    """

    role: Role = FIELDS
    secret: bool = False
    named: bool = False
    listed: bool = False


def redacted(value: object, path: Path = ()) -> object:
    """A plain JSON-like copy of the value at this path, without its secrets. ABSENT stays ABSENT."""
    if isinstance(value, Absent):
        return ABSENT
    place = _Place()
    for name in path:
        place = _below(place, str(name))
    return _redacted(value, place)


def is_hidden_at(path: Path) -> bool:
    """Whether a text at this path is hidden, whatever it is."""
    return isinstance(redacted("x", path), Sensitive)


def _below(place: _Place, name: str) -> _Place:
    role = place.role.below(name)
    if place.role.is_of_names:
        named = is_secret(name)
        return _Place(role, secret=place.secret or (named and place.role.names_values), named=named)
    if name in place.role.keywords:
        return _Place(role, secret=place.secret)
    return _Place(role, secret=place.secret or is_secret(name))


def _redacted(value: object, place: _Place) -> object:
    if isinstance(value, (Sealed, Veiled)) or (place.secret and place.role.hides_all):
        return _veiled(value, place) if isinstance(value, Veiled) else hidden(value)
    if isinstance(value, Mapping):
        return _mapping(value, place)
    if isinstance(value, (list, tuple)):
        return _list(value, place)
    if place.role is OPAQUE:
        return value if isinstance(value, str) and _REFERENCE.fullmatch(value) else hidden(value)
    if (place.secret and place.role is not ABOUT) or place.named:
        return hidden(value)
    return _harmless(_plain(value))


def _veiled(value: Veiled, place: _Place) -> Sensitive:
    """Hidden whatever it is, true and false too; shown is what is written there, without what is a secret in that."""
    secret = value.value if isinstance(value.value, str) else f"\0{canonical(value.value)}"
    shown = value.text if isinstance(value.text, Sensitive) else str(_redacted(value.text, place)) if value.text else ""
    return Standing.of(secret, shown=shown) if shown else Sensitive.of(secret)


def _mapping(value: Mapping[object, object], place: _Place) -> dict[str, object]:
    if place.role is ABOUT or place.role is LISTED:
        place = replace(place, role=FIELDS)
        if place.secret or place.named:
            return _all_hidden(value)
    pair = any(isinstance(name := value.get(key), str) and is_secret(name) for key in _PAIR_NAMES)
    if pair and place.role.describes:
        place = replace(place, secret=True)
    if place.role is OPAQUE and place.listed and not _PAIR_VALUES.isdisjoint(map(str, value)):
        return {str(key): _pair_member(str(key), inner, place) for key, inner in value.items()}
    result: dict[str, object] = {}
    for key, inner in value.items():
        name = str(key)
        result[name] = hidden(inner) if pair and name in _PAIR_VALUES else _redacted(inner, _below(place, name))
    return result


def _pair_member(name: str, value: object, place: _Place) -> object:
    """In a list of headers their names are values, too: these are shown."""
    return (
        _harmless(_plain(value))
        if name in _PAIR_NAMES and isinstance(value, str)
        else _redacted(value, _below(place, name))
    )


def _all_hidden(value: Mapping[object, object]) -> dict[str, object]:
    return {str(key): hidden(inner) for key, inner in value.items()}


def _list(value: list[object] | tuple[object, ...], place: _Place) -> list[object]:
    inner = replace(place, role=place.role.item, listed=True)
    if place.role is LISTED:
        inner = replace(inner, named=False)
    return [_redacted(item, inner) for item in value]


def _harmless(plain: object) -> object:
    if not isinstance(plain, str) or isinstance(plain, (Sensitive, Masked)):
        return plain
    return harmless(plain)


def harmless(text: str) -> str:
    """The text without the secrets that are known by their form; the very same where there are none."""
    spans = _secret_spans(text)
    return Masked.of(text, spans) if spans else text


def _secret_spans(text: str) -> tuple[tuple[int, int], ...]:
    from provisioner.model.forms import secret_spans  # noqa: PLC0415 - its patterns take a while to compile

    return secret_spans(text)


def hidden(value: object) -> object:
    """What stands for it. What can hold no secret (nothing, true, false, the empty ones) is left as it is."""
    if isinstance(value, Sealed):
        return SEALED
    if isinstance(value, Veiled):
        return _veiled(value, _Place())
    plain = _plain(value)
    if plain is None or isinstance(plain, (bool, Sensitive)) or plain in ("", [], {}):
        return plain
    return Sensitive.of(plain if isinstance(plain, str) else f"\0{canonical(plain)}")


def hidden_texts(document: object) -> Iterator[str]:
    """Every text and number that is hidden in a document for its place, and what stands behind a scheme in it."""
    yield from _hidden_texts(document, redacted(document))


def _hidden_texts(value: object, shown: object) -> Iterator[str]:
    if isinstance(shown, Sensitive):
        yield from _scalars(value)
    elif isinstance(value, Mapping) and isinstance(shown, Mapping):
        for key, inner in value.items():
            yield from _hidden_texts(inner, shown[str(key)])
    elif isinstance(value, (list, tuple)) and isinstance(shown, (list, tuple)):
        for item, shown_item in zip(value, shown, strict=True):
            yield from _hidden_texts(item, shown_item)


def scalars_in(value: object) -> Iterator[object]:
    """Every single value in it."""
    if isinstance(value, Mapping):
        for inner in value.values():
            yield from scalars_in(inner)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from scalars_in(item)
    elif value is not None:
        yield value


def _scalars(value: object) -> Iterator[str]:
    if isinstance(value, Mapping):
        for inner in value.values():
            yield from _scalars(inner)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _scalars(item)
    elif isinstance(value, Veiled):
        yield from _scalars(value.value)
    elif isinstance(value, (str, int, float)) and not isinstance(value, bool):
        text = str(value)
        yield text
        yield json.dumps(text)[1:-1]
        if found := _SCHEME.match(text):
            yield text[found.end() :]


def _plain(value: object) -> object:
    """The value as JSON has it; what JSON does not know becomes text."""
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, float) and value - value == 0:  # finite
        return value
    return str(value)
