"""Manifest entries as YAML, for `export`.

Everything is written so that it reads back the same, by this package and by any other YAML reader: texts of several
lines as `|` blocks, and in double quotes whatever unquoted would be misread, could not be seen at all, or is a command
to a pipeline that prints it. A literal
`${env:` in a live text is written `$${env:`, so that it is not taken for a variable. Lone surrogates, which YAML cannot
hold, become U+FFFD.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from provisioner.kinds import KINDS
from provisioner.manifest.declared import SECTION as VARIABLES
from provisioner.manifest.fmt_order import in_order, manifest_order
from provisioner.manifest.scalars import MAX_DIGITS, Ambiguous, resolve
from provisioner.model.address import Address
from provisioner.model.document import Document, Json
from provisioner.model.invisible import INVISIBLE, SURROGATES
from provisioner.model.pipelines import is_inert
from provisioner.model.written import Open, escape, open_in

SCHEMA: Final = "schemas/manifest.v1.schema.json"
_PLAIN: Final = re.compile(r"(?:[^\W\d]|[./]\w)(?:[\w./()'+@=,-]| (?=[\w./()'+@=,-]))*")
_NOT_IN_BLOCK: Final = re.compile(
    "[^\t\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
_HAS_UNSEEN: Final = re.compile(f"[{INVISIBLE}]")
_ESCAPED: Final = re.compile(rf'["\\{INVISIBLE}]|[^\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]')
_COMMAND: Final = re.compile(r"##(?=(?:vso)?\[)", re.IGNORECASE)  # for a pipeline, anywhere in a line
_SURROGATE: Final = re.compile(f"[{SURROGATES}]")
_SHORT_ESCAPES: Final = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}
_NO_REMARKS: Final[Mapping[Address, str]] = MappingProxyType({})
LONGEST_KEY: Final = 200  # YAML finds the `:` of a longer key only after a `? `; its limit is 1024


def dump(
    *,
    name: str,
    project: Mapping[str, str],
    entries: Mapping[Address, Document],
    external: Collection[Address] = (),
    header: Sequence[str] = (),
    schema: str = SCHEMA,
    remarks: Mapping[Address, str] = _NO_REMARKS,
) -> str:
    """A whole manifest. Sections come in the kinds' order, resources by name, keys as `fmt` has them.

    The values of `project` are written as they are, so that they may be variables; `header` are lines of comment.
    `schema` is where editors find the schema; empty where there is none to be found. `remarks` are comments above
    resources.
    """
    comments = [f"yaml-language-server: $schema={schema}"] if schema else []
    lines = [f"# {_one_line(line)}".rstrip() for line in (*comments, *header)]
    lines += [*([""] if lines else []), "version: 1", f"name: {_text(name)}"]
    if project:
        lines += ["", "project:", *_pairs(project, 1)]
    if variables := {it.name: {"type": it.type, "sensitive": True} for _, it in open_in([*entries.values()])}:
        lines += ["", f"{VARIABLES}:", *_pairs(dict(sorted(variables.items())), 1)]
    for section in KINDS:
        resources = _section(section, entries, external)
        if resources:
            # An empty line at the end belongs to a text, and one more would, too.
            lines += [*([""] if lines[-1] else []), f"{section}:", *_resources(section, resources, remarks)]
    return "\n".join(lines) + "\n"


def _one_line(text: str) -> str:
    return _ESCAPED.sub(lambda match: match.group() if match.group() in '"\\' else " ", text)


def _section(section: str, entries: Mapping[Address, Document], external: Collection[Address]) -> Json:
    resources: Json = {address.name: {"external": True} for address in external if address.kind == section}
    resources.update({address.name: literal(entry) for address, entry in entries.items() if address.kind == section})
    ordered: Json = in_order(dict(sorted(resources.items())), manifest_order().inside(section))
    return ordered


def _resources(section: str, resources: Json, remarks: Mapping[Address, str]) -> Iterator[str]:
    for name, entry in resources.items():
        if remark := remarks.get(Address(section, name)):
            yield f"  # {_one_line(remark)}"
        yield from _pairs({name: entry}, 1)


def scalar(text: str) -> str:
    """The text as a value, quoted where YAML readers would misread it."""
    return _text(text)


def key(text: str) -> str:
    """The text as a key."""
    return _key(text)


def block(value: Any, *, quote: str = "") -> list[str]:
    """The value as lines that can be indented: a mapping's or list's begin with its first member, those of a text of
    several lines with its `|`. A text on one line stands in these quotes where they can hold it.
    """
    if isinstance(value, Mapping) and value:
        return list(_pairs(value, 0))
    if isinstance(value, (list, tuple)) and value:
        return list(_items(value, 0))
    if isinstance(value, str) and quote:
        return [_quoted_as(value, quote)]
    if isinstance(value, str) and _is_block(value):
        head, *lines = _block("", value, 0)
        return [head.strip(), *lines]
    return [_scalar(value)]


def flow(value: Any) -> str:
    """The value between brackets, where it is one that has members."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_flow_text(str(name))}: {flow(inner)}" for name, inner in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(flow, value)) + "]"
    return _flow_text(value) if isinstance(value, str) else _scalar(value)


def _flow_text(text: str) -> str:
    written = _text(text)
    return written if "," not in written or written.startswith('"') else _quoted(text)


def _quoted_as(text: str, quote: str) -> str:
    is_simple = "\n" not in text and not _ESCAPED.search(text.replace('"', "").replace("\\", ""))
    if quote == "'" and is_simple and not _COMMAND.search(text):
        return "'" + text.replace("'", "''") + "'"
    return _quoted(text)


def literal(value: Any) -> Any:
    """The value with nothing in it that the reader would take for a variable. Keys are never taken for one."""
    if isinstance(value, str):
        return str(value) if isinstance(value, Open) else escape(value)
    if isinstance(value, Mapping):
        return {key: literal(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [literal(inner) for inner in value]
    return value


def _pairs(mapping: Document, depth: int) -> Iterator[str]:
    indent = "  " * depth
    for key, value in mapping.items():
        written = _key(str(key))
        if len(written) > LONGEST_KEY:
            yield f"{indent}? {written}"
            written = ""
        yield from _after(f"{indent}{written}:", value, depth)


def _key(text: str) -> str:
    return _quoted(text) if "\n" in text else _text(text)


def _after(start: str, value: Any, depth: int) -> Iterator[str]:
    """The value behind a key or a dash that stands at this depth."""
    if isinstance(value, Mapping) and value:
        yield start
        yield from _pairs(value, depth + 1)
    elif isinstance(value, (list, tuple)) and value:
        yield start
        yield from _items(value, depth + 1)
    elif isinstance(value, str) and _is_block(value):
        yield from _block(start, value, depth + 1)
    else:
        yield f"{start} {_scalar(value)}"


def _items(values: Sequence[Any], depth: int) -> Iterator[str]:
    indent = "  " * depth
    for value in values:
        if isinstance(value, Mapping) and value:
            first, *rest = _pairs(value, depth + 1)
            yield f"{indent}- {first.lstrip(' ')}"
            yield from rest
        else:
            yield from _after(f"{indent}-", value, depth)


def _is_block(text: str) -> bool:
    """Not with empty lines at its end: those between sections would be taken for more of them."""
    return not text.endswith("\n\n") and is_several_lines(text)


def is_several_lines(text: str) -> bool:
    """Whether it is a text of several lines in which nothing has to be escaped, so that a file can hold it, too."""
    shown = not _NOT_IN_BLOCK.search(text) and not _HAS_UNSEEN.search(text) and is_inert(text)
    return "\n" in text and text.strip() != "" and shown


def _block(start: str, text: str, depth: int) -> Iterator[str]:
    body = text.removesuffix("\n")
    chomping = "-" if body == text else ""
    # A reader finds the indentation by the first line; where that begins with white space it has to be told.
    width = "2" if text[0] in " \t\n" else ""
    yield f"{start} |{width}{chomping}"
    indent = "  " * depth
    for line in body.split("\n"):
        yield f"{indent}{line}" if line else ""


def _scalar(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return _number(value)
    if isinstance(value, str):
        return _text(value)
    return "{}" if isinstance(value, Mapping) else "[]"


def _number(value: float) -> str:
    if isinstance(value, int):
        digits = str(value) if abs(value) < 10**MAX_DIGITS else ""
        return digits or _quoted(hex(value))
    if not math.isfinite(value):
        return _quoted(str(value))
    mantissa, e, exponent = repr(value).partition("e")
    return f"{mantissa}{'' if '.' in mantissa else '.0'}{e}{exponent}"  # 1e-07 is a number to some readers only


def _text(text: str) -> str:
    is_plain = _PLAIN.fullmatch(text) and not _HAS_UNSEEN.search(text) and _stays_text(text)
    return text if is_plain else _quoted(text)


def _stays_text(text: str) -> bool:
    try:
        return isinstance(resolve(text), str)
    except Ambiguous:
        return False


def _quoted(text: str) -> str:
    escaped = _ESCAPED.sub(_escape, _SURROGATE.sub("\ufffd", text))
    escaped = _COMMAND.sub(r"#\\x23", escaped)
    return f'"{escaped}"'


def _escape(match: re.Match[str]) -> str:
    char = match.group()
    code = ord(char)
    if code < 0x100:
        return _SHORT_ESCAPES.get(char) or f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
