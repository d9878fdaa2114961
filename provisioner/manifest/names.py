"""What is wrong with a name, told from the rule alone.

Kinds state their names as JSON Schema: a pattern and lengths. Which characters the pattern takes is found by trying
them, so that no kind's rule has to be written twice.
"""

from __future__ import annotations

import re
import string
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from provisioner.model.words import listed, quoted

_FEW = 6


def fits_name(name: str, rule: Mapping[str, Any]) -> bool:
    # Not `search`: there, `$` would let a line break through.
    shortest, longest = rule.get("minLength", 1), rule.get("maxLength", len(name))
    return shortest <= len(name) <= longest and re.fullmatch(rule.get("pattern", ".*"), name) is not None


def fault(name: str, rule: Mapping[str, Any]) -> str:
    """The end of a sentence that begins with the name."""
    shortest, longest = rule.get("minLength", 1), rule.get("maxLength")
    if not name:
        return "is empty"
    if name in {".", ".."}:
        return "stands for a folder, in URLs too"
    if longest is not None and len(name) > longest:
        return f"has {len(name)} characters, at most {longest} are allowed"
    if len(name) < shortest:
        return f"has {len(name)} character{'s' if len(name) > 1 else ''}, at least {shortest} are needed"
    return _wrong_characters(name, rule)


def _wrong_characters(name: str, rule: Mapping[str, Any]) -> str:
    if bad := [char for char in dict.fromkeys(name) if not _takes(rule, f"a{char}a")]:
        return f"holds {listed([quoted(char) for char in bad])}"
    if not _takes(rule, f"{name[0]}a"):
        return f"starts with {quoted(name[0])}"
    if not _takes(rule, f"a{name[-1]}"):
        return f"ends with {quoted(name[-1])}"
    return f"does not match {rule.get('pattern')}"


def in_words(rule: Mapping[str, Any]) -> str:
    """The rule as advice."""
    marks = [char for char in string.punctuation if _takes(rule, f"a{char}a")]
    limit = f"; at most {rule['maxLength']} characters" if "maxLength" in rule else ""
    if len(marks) > _FEW:
        refused = [quoted(char) for char in " " + string.punctuation if not _takes(rule, f"a{char}a")]
        return f"Use no {listed(refused, 'or')}{limit}."
    inside = [char for char in marks if not (_takes(rule, f"{char}a") and _takes(rule, f"a{char}"))]
    outside = f"; {listed([quoted(char) for char in inside])} not at the {_where(inside, rule)}" if inside else ""
    return f"Use {listed(['letters', 'digits', *map(quoted, marks)])}{outside}{limit}."


def _where(marks: list[str], rule: Mapping[str, Any]) -> str:
    return "beginning" if all(_takes(rule, f"a{char}") for char in marks) else "beginning or end"


def _takes(rule: Mapping[str, Any], sample: str) -> bool:
    return _matches(rule.get("pattern", ".*"), sample)


@lru_cache(maxsize=4096)
def _matches(pattern: str, sample: str) -> bool:
    return re.fullmatch(pattern, sample) is not None
