"""Values that come from outside, by the text that stands in their place: `Bearer ${env:TOKEN}`, `${var.token}`.

Whatever outlives a run (a saved plan, a digest, the marker on a live object) holds that text and not the value. What a
sensitive variable made is shown nowhere: it is hidden by its place, and so is what a live object has there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple, TypeAlias

from provisioner.model.document import Absent, Document, Json, Path, lookup
from provisioner.model.redact import Masked, Sensitive, harmless
from provisioner.model.sealed import Sealed
from provisioner.model.veiled import Veiled

OPENING: Final = re.compile(r"(?<!\$)(\$+)\{")  # the first of several dollar signs, so that none is tried twice
REFERS: Final = re.compile(r"env:|var\.")  # behind a single `${`; anything else there is a text
VARIABLE_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
VARIABLE_TYPES: Final = ("string", "number", "boolean", "list", "mapping")
_VARIABLE: Final = r"\$\{(?:env:[A-Za-z_][A-Za-z0-9_]*(?::-)?|var\.[A-Za-z_][A-Za-z0-9_]*)\}"
# Variables and nothing else, but for a scheme before them, and the names of what they are. A default is a literal.
_ONLY_VARIABLES: Final = re.compile(
    rf"(?:[A-Za-z]{{1,30}} +)?(?:(?:[A-Za-z_][A-Za-z0-9_.-]{{0,40}}[=:])?{_VARIABLE}[ :;,@/|&.-]*)+"
)


class Written(NamedTuple):
    """`is_private` where a variable has a part in it that is read only because somebody allowed it by name, or that is
    sensitive; that it is sensitive `is_secret` says.
    """

    text: str
    is_private: bool = False
    is_secret: bool = False


class Open(str):
    """A reference to a sensitive variable that is still to be set, where what it holds is not to be written down."""

    __slots__ = ("name", "type")
    name: str
    type: str

    @classmethod
    def of(cls, name: str, type_: str) -> Open:
        made = cls(f"${{var.{name}}}")
        made.name, made.type = name, type_
        return made


Texts: TypeAlias = Mapping[Path, Written]
_UNTOLD: Final = Written("")  # what is written in the place is not known
_Tree: TypeAlias = "dict[str, _Tree | Written]"


def escape(text: str) -> str:
    """The text with everything in it made literal that would be taken for a variable, or for an escape."""
    return OPENING.sub(lambda it: f"${it[0]}" if len(it[1]) > 1 or REFERS.match(text, it.end()) else it[0], text)


def may_refer(text: str) -> bool:
    """Whether it may hold a reference to a variable, or an escaped one."""
    return "${env:" in text or "${var." in text


def shown_text(text: str) -> str:
    """The text as it may be shown wherever it stands, when it holds nothing but references where a secret would be;
    else the very same, to be redacted by its place.
    """
    return Sensitive.of("", shown=text) if _is_harmless(text) else text


def _is_harmless(text: str) -> bool:
    if _ONLY_VARIABLES.fullmatch(text):
        return True
    found = harmless(text)
    return isinstance(found, Masked) and all(map(_ONLY_VARIABLES.fullmatch, found.secrets))


def as_written(document: Document, texts: Texts) -> Document:
    """The document with the texts in the place of the values that it has there; the very same where there are none."""
    return _placed(document, _tree(texts), _text) if texts else document


def as_written_where(document: Document, texts: Texts, other: Document) -> Document:
    """The same, where the other document has the same value."""
    same = {path: text for path, text in texts.items() if lookup(document, path) == lookup(other, path)}
    return as_written(document, same)


def texts_by_place(texts: Texts) -> dict[Path, dict[Path, Written]]:
    """For every place on the way to one, those at it and inside, seen from there."""
    found: dict[Path, dict[Path, Written]] = {}
    for path, text in texts.items():
        for length in range(len(path) + 1):
            found.setdefault(path[:length], {})[path[length:]] = text
    return found


def private_places(texts: Texts, live: Document) -> frozenset[Path]:
    """Where a live object may hold what private variables made."""
    return frozenset(place for path, text in texts.items() if text.is_private for place in _everywhere(live, path))


def secrets_of(texts: Texts) -> dict[Path, Written]:
    """Those that sensitive variables have a part in."""
    return {path: text for path, text in texts.items() if text.is_secret}


def open_in(value: object, at: Path = ()) -> Iterator[tuple[Path, Open]]:
    """What is still to be set, and where."""
    if isinstance(value, Open):
        yield at, value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from open_in(inner, (*at, str(key)))
    elif isinstance(value, (list, tuple)):
        for index, inner in enumerate(value):
            yield from open_in(inner, (*at, str(index)))


def in_any_list(path: Path) -> Path:
    """The path in any member of the lists on its way: what stands third now may have stood second."""
    return tuple("*" if step.isdecimal() else step for step in path)


def veiled(value: Any, texts: Texts, at: Path = ()) -> Any:
    """The value, which stands at the path, with what sensitive variables made in it out of sight."""
    secrets = secrets_of(texts)
    if not secrets:
        return value
    for end in range(len(at) + 1):
        if found := secrets.get(at[:end]):
            return _veil(value, found if end == len(at) else _UNTOLD)
    inside = {path[len(at) :]: text for path, text in secrets.items() if path[: len(at)] == at}
    return _placed(value, _tree(inside), _veil) if inside else value


def _veil(value: object, text: Written) -> object:
    if isinstance(value, (Absent, Sealed, Veiled)):
        return value
    return Veiled(value, shown_text(text.text) if text.text else "")


def veiled_where(value: Any, is_secret: Callable[[Path], bool], at: Path = ()) -> Any:
    """The value with everything out of sight that `is_secret` says of, by its path in any list."""
    if at and is_secret(at):
        return _veil(value, _UNTOLD)
    if isinstance(value, Mapping):
        return {key: veiled_where(inner, is_secret, (*at, *in_any_list((str(key),)))) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [veiled_where(inner, is_secret, (*at, "*")) for inner in value]
    return value


def _veils(value: object, at: Path) -> Iterator[tuple[Path, Veiled]]:
    if isinstance(value, Veiled):
        yield at, value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _veils(inner, (*at, str(key)))
    elif isinstance(value, (list, tuple)):
        for index, inner in enumerate(value):
            yield from _veils(inner, (*at, str(index)))


def hidden_in(value: object) -> Iterator[Path]:
    """Where something is out of sight."""
    return (path for path, _ in _veils(value, ()))


def veils_in(value: object) -> Iterator[Veiled]:
    """What is out of sight."""
    return (veil for _, veil in _veils(value, ()))


def _everywhere(value: object, path: Path) -> Iterator[Path]:
    """The path in every member of the lists on the way: what stands third now may have stood second."""
    if not path:
        yield ()
    elif isinstance(value, (list, tuple)):
        for at, inner in enumerate(value):
            yield from ((str(at), *rest) for rest in _everywhere(inner, path[1:]))
    elif isinstance(value, Mapping) and path[0] in value:
        yield from ((path[0], *rest) for rest in _everywhere(value[path[0]], path[1:]))


def _tree(texts: Texts) -> _Tree:
    root: _Tree = {}
    for path, text in texts.items():
        here: Any = root
        for key in path[:-1]:
            here = here.setdefault(key, {}) if isinstance(here, dict) else {}
        if path and isinstance(here, dict):
            here[path[-1]] = text
    return root


def _placed(value: Any, tree: _Tree, put: Callable[[object, Written], object]) -> Any:
    """Each part once, however many texts there are; `put` makes of a value and its text what is to stand there."""
    if isinstance(value, Mapping):
        result: Json = dict(value)
        for key, inner in tree.items():
            if key in result:
                result[key] = _text_or_part(result[key], inner, put)
        return result
    if isinstance(value, (list, tuple)):
        items = list(value)
        for key, inner in tree.items():
            if key.isdecimal() and int(key) < len(items):
                items[int(key)] = _text_or_part(items[int(key)], inner, put)
        return items
    return value


def _text_or_part(value: object, inner: _Tree | Written, put: Callable[[object, Written], object]) -> object:
    return _placed(value, inner, put) if isinstance(inner, dict) else put(value, inner)


def _text(value: object, text: Written) -> object:
    is_part = isinstance(value, (Mapping, list, tuple)) and not text.is_secret
    return value if is_part else shown_text(text.text)
