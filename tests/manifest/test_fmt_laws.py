"""What holds for the canonical form of any manifest, however it is spelt."""

from __future__ import annotations

import json
import re
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st

from provisioner.kinds import KINDS
from provisioner.manifest.check_schema import SECTION as CHECKS
from provisioner.manifest.fmt import formatted
from provisioner.manifest.fmt_order import HEAD, in_order, manifest_order
from provisioner.manifest.reader import read
from provisioner.manifest.schema import manifest_schema
from provisioner.manifest.write import block
from tests.manifest.manifests import brief, load_files
from tests.manifest.spellings import documents, spelt
from tests.manifest.test_rendering import ENVIRON, FILES, manifests, planned
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


@settings(max_examples=tries(100), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(manifests(), st.data())
def test_the_form_plans_the_same_in_every_environment(
    drawn: tuple[dict[str, Any], dict[str, Any]], data: st.DataObject
) -> None:
    base, overlay = drawn
    text = data.draw(spelt(st.just({**base, "environments": {"prod": overlay, "dev": {}}})))
    root_of(text)

    assert what_it_says(canonical(text)) == what_it_says(text)


def what_it_says(text: str) -> list[object]:
    """The plans of its environments, or what is wrong with it, wherever that stands."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, content in {**FILES, "m.yaml": text}.items():
            (folder / file).write_text(content, encoding="utf-8", newline="")
        loaded = [load_files([folder / "m.yaml"], environ=ENVIRON, environment=each) for each in ("prod", "dev")]
    codes = [sorted(line.split()[1] for line in brief(each)) for each in loaded]
    return [codes, *(planned(each.manifest) for each in loaded if each.manifest is not None)]


@settings(max_examples=tries(300), deadline=None)
@given(documents)
def test_json_stays_json_with_its_keys_in_order(document: dict[str, Any]) -> None:
    text = json.dumps(document, ensure_ascii=False)
    assume(root_of(text) == document)

    result = canonical(text)

    assert json.loads(result) == document
    assert [*keys(json.loads(result))] == [*keys(in_order(document, manifest_order()))]
    assert canonical(result) == result


@settings(max_examples=tries(300), deadline=None)
@given(documents)
def test_one_thing_said_in_blocks_has_one_form_whatever_the_order_of_its_known_keys(document: dict[str, Any]) -> None:
    shuffled = {key: document[key] for key in sorted(document)}
    texts = ["\n".join([*block(each), ""]) for each in (document, shuffled, in_order(document, manifest_order()))]
    known = {key: value for key, value in document.items() if key in manifest_schema()["properties"]}
    assume(root_of(texts[0]) == document and known == document)

    assert len({canonical(each) for each in texts}) == 1


def keys(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from keys(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from keys(inner)


def test_every_key_of_a_manifest_has_its_place() -> None:
    known = manifest_schema()["properties"]

    assert {*HEAD, *KINDS, CHECKS} == {*known}
    ranks = [manifest_order().rank(key) for key in (*HEAD, *KINDS, CHECKS, "x-own")]
    assert ranks == sorted(set(ranks))


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param("version: 1\nname: 1\n# c\n", id="another value"),
        pytest.param("version: 1\n# c\n", id="a key less"),
        pytest.param("version: 1\nname: team\n", id="a comment less"),
        pytest.param("version: 1\nname: [\n", id="no yaml"),
    ],
)
def test_a_form_that_would_say_anything_else_is_never_written(wrong: str) -> None:
    text = "name: team\nversion: 1\n# c\n"

    result, problems = formatted(text, file="f", form=lambda _: (wrong, ["# c"]))

    assert result is None
    assert [each.code for each in problems] == ["not-formatted"]
