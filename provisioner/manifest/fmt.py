"""The canonical form of a manifest's text: order of keys, indentation, empty lines; not what it says.

Like gofmt there is one form and nothing to set. A manifest's own keys come in the order of `HEAD` and `KINDS`, those in
them in the schema's, entries and all that the schema does not name stay in theirs; comments go where what they are
about goes (see `fmt_layout`). Texts are left as they are written, but for quotes that mean the same. Whatever comes out
is read again, and counts only if it says the same and holds the same comments.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Collection
from typing import Any, Final, TypeAlias

from provisioner.kinds import KINDS
from provisioner.manifest.fmt_layout import layout
from provisioner.manifest.fmt_lines import lines
from provisioner.manifest.fmt_order import HEAD, in_order, manifest_order
from provisioner.manifest.reader import read
from provisioner.manifest.schema import EXTENSION
from provisioner.manifest.yaml_nodes import Tree
from provisioner.model.diagnostic import Diagnostic, Location
from provisioner.model.document import Json

Form: TypeAlias = Callable[[str], tuple[str, list[str]]]
"""The text in another form, and the comments that were in it."""
_SEPARATOR: Final = re.compile("[\u2028\u2029]")


def formatted(text: str, *, file: str, form: Form | None = None) -> tuple[str | None, list[Diagnostic]]:
    """The text in its canonical form, with line feeds alone, or why there is none. Its root need be no whole manifest,
    so that an environment's part of one, in a file of its own, is formatted, too. `form` is what makes the form of YAML.
    """
    source, problems = read(text, file=file)
    if source is None or problems:
        return None, problems
    if not _is_of_manifest(source.root):
        message = "This is no manifest and no part of one, so it is left as it is."
        hint = "Name the manifest's files alone; a manifest begins with `version: 1`."
        return None, [Diagnostic(code="no-manifest", message=message, hint=hint, where=Location(file=file))]
    result = plain = text.replace("\r\n", "\n").replace("\r", "\n")
    # What stands behind a U+2028 comes into a line of its own, and then is about what it seems to be about there.
    for _ in range(3 if _SEPARATOR.search(plain) else 1):
        before, result = result, _canonical(result, source.root, form or _yaml)
        if result in ("", before):
            break
    if result:
        return result, []
    message = "It cannot be brought into its canonical form without a change of what it says, so it is left as it is."
    hint = "Please report it, with the file."
    return None, [Diagnostic(code="not-formatted", message=message, hint=hint, where=Location(file=file))]


def _is_of_manifest(root: Any) -> bool:
    """Not that of a workflow, an action or another file of a repository that has a `name` or `variables`, too: a file
    without a version is all of keys of a manifest, or has a section of one.
    """
    if not isinstance(root, dict):
        return False
    keys = {key for key in root if not key.startswith(EXTENSION)}
    has_section = any(isinstance(root.get(section), dict) for section in KINDS)
    return root.get("version") == 1 or has_section or bool(keys and keys <= {*HEAD, *KINDS})


def _canonical(text: str, root: Json, form: Form) -> str:
    """Of a text that says this; empty where the result would say anything else."""
    as_json = _json(text, root)
    result, comments = (as_json, []) if as_json is not None else form(text)
    return result if result == text or _means_the_same(root, comments, result) else ""


def _yaml(text: str) -> tuple[str, list[str]]:
    """And the comments in it. What is all between brackets keeps its lines."""
    tree = Tree(text)
    if tree.root.is_flow:
        return "".join(f"{line.rstrip()}\n" for line in text.rstrip().split("\n")), []
    found = layout(text, tree)
    return "\n".join([*lines(text, found, manifest_order()), ""]), found.comments


def _json(text: str, root: Json) -> str | None:
    """A manifest that is JSON stays JSON."""
    if not text.lstrip().startswith("{"):
        return None
    try:
        if json.loads(text) != root:
            return None
    except (ValueError, RecursionError):
        return None
    return f"{json.dumps(in_order(root, manifest_order()), indent=2, ensure_ascii=False)}\n"


def _means_the_same(root: Json, comments: Collection[str], result: str) -> bool:
    source, problems = read(result, file="")
    if source is None or problems or not _same(root, source.root):
        return False
    tree = Tree(result)
    return tree.root.is_flow or Counter(comments) == Counter(layout(result, tree).comments)


def _same(one: Any, other: Any) -> bool:
    """But for the order of keys. 1, 1.0 and true are three values."""
    if one.__class__ is not other.__class__:
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(_same(value, other[key]) for key, value in one.items())
    if isinstance(one, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return bool(one == other)
