"""The marker: how ownership and the record of the last apply are written on a live object.

The record holds one ten-character chunk per declared field: four characters name the path, six the value, of which the
secrets in it are hidden first: whoever reads the object could try candidates. That fits
the 512 characters of a metadata value (256 of an Azure tag) and is enough to tell, field by field, whether the
manifest or the live object moved, and which fields were declared once and are no more. When a resource declares more
fields than fit, deeper fields are recorded together with their parents.

    2@7!<address>.<chunk><chunk>…~<path><path>^<path>

The head says how deep fields are told apart; for kinds that keep versions, over which version this was written, so
that a copy of the marker on a later version gives itself away; and whose marker it is, so that a copy on another object
does. After the tilde come the fields that the service took and does not give back, after the caret the places of what
sensitive variables made: whoever reads the object later, without the manifest that says so, hides them all the same.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Final
from urllib.parse import unquote

from provisioner.model.address import Address
from provisioner.model.document import Document, Path, canonical, leaves, lookup
from provisioner.model.hidden_places import PATH_CHARS, SECRETS, fingerprint, path_print, prints
from provisioner.model.redact import redacted
from provisioner.model.resource import Live, Marker, OnRemove

OWNER_KEY: Final = "provisioner-owner"
APPLIED_KEY: Final = "provisioner-applied"
LIFECYCLE_KEY: Final = "provisioner-lifecycle"
MARKER_KEYS: Final = (OWNER_KEY, APPLIED_KEY, LIFECYCLE_KEY)
RESERVED_PREFIX: Final = "provisioner-"
# What a released agent says in place of a marker: its earlier versions still carry ours.
RELEASED: Final = {LIFECYCLE_KEY: "released"}

_VALUE_CHARS: Final = 6
_CHUNK: Final = PATH_CHARS + _VALUE_CHARS
_HEAD: Final = 3  # the depth and a dot
_PROTECTED: Final = "prevent_destroy"
_SHADOW: Final = "shadow"
_KEY: Final = "key="
_COPY: Final = "copy_of="
_RUN: Final = "run="
_FILLED: Final = "filled="
_SCOPES: Final = "scopes="


def write_marker(marker: Marker) -> dict[str, str]:
    """The metadata pairs (or tags) that carry the marker."""
    pairs = {OWNER_KEY: marker.owner, APPLIED_KEY: marker.applied}
    lifecycle = [_PROTECTED] if marker.prevent_destroy else []
    if marker.on_remove is not OnRemove.DELETE:
        lifecycle.append(f"on_remove={marker.on_remove.value}")
    if marker.key:
        lifecycle.append(f"{_KEY}{marker.key.replace('%', '%25').replace(',', '%2C')}")
    if marker.copy_of:
        lifecycle.append(f"{_COPY}{marker.copy_of}")
    if marker.is_shadow:
        lifecycle.append(_SHADOW)
    if marker.run:
        lifecycle.append(f"{_RUN}{marker.run}")
    if marker.filled:
        lifecycle.append(f"{_FILLED}{marker.filled}")
    if marker.scopes:
        lifecycle.append(f"{_SCOPES}{marker.scopes}")
    if lifecycle:
        pairs[LIFECYCLE_KEY] = ",".join(lifecycle)
    return pairs


def read_marker(metadata: Mapping[str, str], of: Address | None = None) -> tuple[dict[str, str], Marker | None]:
    """Part the user's own pairs from the marker; None where there is no owner, or the marker is a copy of another
    object's.
    """
    rest = {key: value for key, value in metadata.items() if key not in MARKER_KEYS}
    owner = metadata.get(OWNER_KEY)
    if not owner or (of is not None and not AppliedRecord(metadata.get(APPLIED_KEY, "")).is_of(of)):
        return rest, None
    words = metadata.get(LIFECYCLE_KEY, "").split(",")
    marker = Marker(
        owner=owner,
        applied=metadata.get(APPLIED_KEY, ""),
        prevent_destroy=_PROTECTED in words,
        on_remove=OnRemove.KEEP if "on_remove=keep" in words else OnRemove.DELETE,
        key=unquote(_said(_KEY, words)),
        copy_of=_said(_COPY, words),
        is_shadow=_SHADOW in words,
        run=_said(_RUN, words),
        filled=_whole(_said(_FILLED, words)),
        scopes=_said(_SCOPES, words),
    )
    return rest, marker


def _said(word: str, words: Iterable[str]) -> str:
    return next((it.removeprefix(word) for it in words if it.startswith(word)), "")


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else 0


def identity_print(live: Live) -> str:
    """What `copy_of` says of a copy of it; empty where the service does not tell objects of one name apart."""
    return fingerprint(live.identity) if live.identity else ""


def are_alike(one: Marker | None, other: Marker | None) -> bool:
    """Whether they say the same, whatever version they were written over."""
    if one is None or other is None:
        return one is other
    return _free_of_versions(one) == _free_of_versions(other)


def _free_of_versions(marker: Marker) -> Marker:
    return replace(marker, applied=written_over(marker.applied, ""))


def written_over(applied: str, version: str) -> str:
    """The same record, as if written over another version."""
    head, dot, rest = applied.partition(".")
    head, mark, whose = head.partition("!")
    depth, at, _ = head.partition("@")
    return f"{depth}@{version}{mark}{whose}{dot}{rest}" if at else applied


def is_released(metadata: Mapping[str, str]) -> bool:
    return metadata.get(LIFECYCLE_KEY) == RELEASED[LIFECYCLE_KEY]


class AppliedRecord:
    """The fields applied last, as far as their fingerprints tell. `over` is the version that was written over."""

    __slots__ = ("_chunks", "_kept_back", "_whose", "over", "secrets")

    def __init__(self, text: str) -> None:
        head, _, rest = text.partition(".")
        head, _, self._whose = head.partition("!")
        self.over = head.partition("@")[2]
        rest, _, secrets = rest.partition(SECRETS)
        self.secrets = prints(secrets)
        chunks, _, kept_back = rest.partition("~")
        self._chunks = {part[:PATH_CHARS]: part[PATH_CHARS:] for part in _parts(chunks, _CHUNK)}
        self._kept_back = frozenset(_parts(kept_back, PATH_CHARS))

    @classmethod
    def of(
        cls,
        declared: Document,
        size: int,
        *,
        whose: Address | None = None,
        over: str = "",
        apart: Collection[Path] = (),
        kept_back: Collection[Path] = (),
        secrets: Collection[str] = (),
    ) -> str:
        """The text to keep for these fields, in at most `size` characters. The fields `apart` are never folded.
        `secrets` are `secret_prints`.
        """
        head = (f"@{over}" if over else "") + (f"!{_whose_print(whose)}" if whose else "")
        tail = "".join(sorted(path_print(path) for path in kept_back))
        hidden = f"{SECRETS}{''.join(sorted(secrets))}" if secrets else ""
        harmless = {name: redacted(value, (name,)) for name, value in declared.items()}
        paths = [path for path, _ in leaves(harmless)]  # what is hidden as a whole has nothing inside
        depth = max((len(path) for path in paths), default=1)
        room = max(0, (size - _HEAD - len(head) - len(hidden) - (len(tail) + 1 if tail else 0)) // _CHUNK)
        while depth > 1 and len(_folded(paths, depth, apart)) > room:
            depth -= 1
        kept = _folded(paths, depth, apart)[:room]
        chunks = "".join(path_print(path) + _value_print(lookup(harmless, path)) for path in kept)
        return f"{depth}{head}.{chunks}" + (f"~{tail}" if tail else "") + hidden

    def is_of(self, address: Address) -> bool:
        """Whether the record was written for this object; one that does not say is."""
        return not self._whose or self._whose == _whose_print(address)

    def lacks(self, path: Path) -> bool:
        """Whether the service took the field and did not give it back."""
        return path_print(path) in self._kept_back

    def fold(self, path: Path) -> Path:
        """The path under which a field was recorded: itself, or the parent it was recorded with."""
        for length in range(len(path), 0, -1):
            if path_print(path[:length]) in self._chunks:
                return path[:length]
        return path

    def knows(self, path: Path) -> bool:
        return path_print(self.fold(path)) in self._chunks

    def holds(self, path: Path, value: object) -> bool:
        """Whether this value was applied last at the (folded) path, as far as can be told: not by the secrets in it.
        A record that was written before they were hidden tells by these, too.
        """
        at = self.fold(path)
        chunk = self._chunks.get(path_print(at))
        if chunk is None:
            return False
        return chunk == _value_print(value) or chunk == _value_print(redacted(value, at))  # nearly always the former


def _folded(paths: Iterable[Path], depth: int, apart: Collection[Path]) -> list[Path]:
    """First those that are kept apart: what does not fit is cut off the end."""
    alone = sorted(path for path in paths if path in apart)
    return [*alone, *sorted({path[:depth] for path in paths} - set(alone))]


def _parts(text: str, length: int) -> list[str]:
    return [text[at : at + length] for at in range(0, len(text) - length + 1, length)]


@lru_cache(maxsize=4096)
def _whose_print(address: Address) -> str:
    return fingerprint(f"{address.kind}/{address.name.casefold()}")[:PATH_CHARS]


def _value_print(value: object) -> str:
    return fingerprint(canonical(value))[:_VALUE_CHARS]
