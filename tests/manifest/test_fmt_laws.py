"""What holds for the canonical form of any manifest, however it is spelt."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

from hypothesis import assume, event, given, settings

from provisioner.manifest.fmt import formatted
from provisioner.manifest.reader import read
from tests.manifest.spellings import spelt
from tests.whole import tries


def root_of(text: str) -> Any:
    source, problems = read(text, file="f")
    assume(source is not None and not problems)
    assert source is not None
    return source.root


def canonical(text: str) -> str:
    result, problems = formatted(text, file="f")
    assert result is not None, problems
    return result


@settings(max_examples=tries(500), deadline=None)
@given(spelt())
def test_the_form_says_the_same_with_the_same_comments_and_is_its_own(text: str) -> None:
    root = root_of(text)
    event(f"{min(len(text) // 200, 5)}")

    result = canonical(text)

    assert root_of(result) == root
    assert Counter(re.findall(r"#[ -]*(?:key: )?c\d+", result)) == Counter(re.findall(r"#[ -]*(?:key: )?c\d+", text))
    assert canonical(result) == result
