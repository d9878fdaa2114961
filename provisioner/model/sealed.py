"""A value that is written and never shown: what nobody can read back, and nobody needs to see."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NoReturn, final

UNSEEN: Final = "(sensitive)"  # not even a fingerprint: of a short secret that would tell it
_SHORTEST: Final = 4  # characters: what is shorter is in many a word


@final
class Sealed:
    """Opaque to whatever compares, remembers, prints or copies documents; only who writes it to its place opens it. All
    are equal, as what is inside is never compared.
    """

    __slots__ = ("_value",)

    def __init__(self, value: object) -> None:
        self._value = value

    def open(self) -> Any:
        return self._value

    def hide_in(self, text: str) -> str:
        """The text without any text that is inside: a service may repeat what it refuses."""
        return struck_out(text, _texts(self._value))

    def __repr__(self) -> str:
        return UNSEEN

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sealed)

    def __hash__(self) -> int:
        return hash(Sealed)

    def __copy__(self) -> Sealed:
        return self

    def __deepcopy__(self, memo: object) -> Sealed:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError("What is sealed is not stored.")


def struck_out(text: str, secrets: Iterable[str]) -> str:
    """The text without these, but for those that are too short to tell from words."""
    for secret in sorted({it for it in secrets if len(it) >= _SHORTEST}, key=len, reverse=True):
        text = text.replace(secret, UNSEEN)
    return text


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from _texts(inner)
