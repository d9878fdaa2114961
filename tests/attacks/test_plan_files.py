"""What is no plan, or not the plan that it was, is refused with what is wrong: no traceback, and nothing asked."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from provisioner.model.checksum import UNSUMMED, is_whole, summed
from provisioner.model.document import ABSENT
from provisioner.model.plan import Plan
from provisioner.render.json_text import json_text
from provisioner.render.plan_json import plan_document, plan_json
from provisioner.render.plan_markdown import plan_markdown
from provisioner.render.plan_text import plan_text
from provisioner.saved.reading import NotAPlan, read_plan
from tests.foundry import EXAMPLE, Command, Foundry
from tests.render import sample
from tests.render import strategies as our
from tests.whole import tries

TEXT = plan_json(sample.sample_plan())
DOCUMENT: Any = json.loads(TEXT)


def written(document: Any) -> str:
    return summed(json_text({**document, "checksum": UNSUMMED}, indent=2) + "\n")


def refusal(text: str) -> str:
    with pytest.raises(NotAPlan) as caught:
        read_plan(text, "it")
    return caught.value.message


def test_what_was_written_is_read() -> None:
    saved = read_plan(TEXT, "it")

    assert saved.plan.owner == sample.OWNER
    assert saved.plan.digest == sample.sample_plan().digest
    assert plan_text(saved.plan) == plan_text(sample.sample_plan())
    assert plan_markdown(saved.plan) == plan_markdown(sample.sample_plan())


def test_every_flipped_bit_is_found() -> None:
    data = TEXT.encode()
    places = random.Random(7).sample(range(len(data) * 8), 3000)
    for place in places:
        flipped = bytearray(data)
        flipped[place // 8] ^= 1 << place % 8
        try:
            text = flipped.decode("utf-8")
        except UnicodeDecodeError:  # told where the file is read
            continue
        assert refusal(text)


def test_every_cut_is_found() -> None:
    for end in range(len(TEXT)):
        if end % 7 == 0 or end > len(TEXT) - 200:
            assert refusal(TEXT[:end])
    assert "ends in the middle" in refusal(TEXT[: len(TEXT) // 2])


def test_line_ends_of_windows_change_nothing() -> None:
    assert read_plan(TEXT.replace("\n", "\r\n"), "it").plan.owner == sample.OWNER


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "is empty"),
        ("[]", "is no plan of the provisioner"),
        ("{}", "is no plan of the provisioner"),
        ('{"format_version": "1.2", "terraform_version": "1.9.0", "resource_changes": []}', "is no plan of the"),
        ('{"format_version": "1.0", "errors": 0, "warnings": 0, "diagnostics": []}', "is no plan of the provisioner"),
        ("name: x", "ends in the middle"),
        ("{'a': 1}", "is no JSON: see line 1, column 2"),
        ("[" * 100_000, "holds what no plan holds"),
        ('{"a": NaN}', "holds what no plan holds"),
    ],
)
def test_what_is_no_plan_is_called_so(text: str, told: str) -> None:
    assert told in refusal(text)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"format_version": "2.0", "tool_version": "9.1.0"}, "has the format 2.0, which is newer than this version"),
        ({"format_version": "0.9"}, "is no plan of the provisioner"),
        ({"format_version": 1}, "is no plan of the provisioner"),
        ({"changes": None}, "cannot be read: changes is null"),
        ({"options": {}}, "cannot be read: options.adopt is missing"),
        ({"owner": ["x"]}, "cannot be read: owner is a list, not text"),
        ({"unchanged": [{"kind": "nothing", "name": "x"}]}, 'there is no kind "nothing"'),
        ({"warnings": [None]}, "cannot be read: warnings[0] is null"),
        ({"changes": [*DOCUMENT["changes"], DOCUMENT["changes"][0]]}, "two changes are of one resource"),
    ],
)
def test_what_cannot_be_believed_is_told(change: Any, told: str) -> None:
    assert told in refusal(written({**DOCUMENT, **change}))


def test_a_later_minor_version_is_read_and_its_unknown_actions_are_refused() -> None:
    later = {**DOCUMENT, "format_version": "1.99", "tool_version": "9.1.0", "later": {"x": 1}}
    assert read_plan(written(later), "it").plan.owner == sample.OWNER
    first = {**DOCUMENT["changes"][0], "action": "rotate"}

    message = refusal(written({**later, "changes": [first]}))

    assert 'holds the action "rotate", which this version' in message


def test_a_plan_without_a_checksum_is_refused() -> None:
    assert "carries no checksum" in refusal(json.dumps(plan_document(sample.sample_plan())))


@settings(max_examples=tries(60), deadline=None)
@given(our.plans)
def test_whatever_is_written_is_read_or_refused(plan: Plan) -> None:
    text = plan_json(plan)
    assert is_whole(text, json.loads(text)["checksum"])
    try:
        saved = read_plan(text, "it")
    except NotAPlan:
        return
    plan_text(saved.plan)
    plan_markdown(saved.plan)


json_values: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)),
    max_leaves=5,
)


def _places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [at, *(place for key, item in inner for place in _places(item, (*at, key)))]


def _with(value: Any, place: tuple[Any, ...], new: Any) -> Any:
    if not place:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    if len(place) == 1 and new is ABSENT:
        del copy[place[0]]
    else:
        copy[place[0]] = _with(value[place[0]], place[1:], new)
    return copy


@settings(max_examples=tries(200), deadline=None)
@given(st.sampled_from([it for it in _places(DOCUMENT) if it]), st.one_of(st.just(ABSENT), json_values))
def test_anything_in_any_place_is_read_or_refused(place: tuple[Any, ...], new: Any) -> None:
    """As somebody makes it who knows how the checksum is made."""
    document = _with(DOCUMENT, place, new)
    try:
        saved = read_plan(written(document), "it")
    except NotAPlan:
        return
    plan_text(saved.plan)
    plan_markdown(saved.plan)


# -- as a file

ASKED = (("apply", "--plan"), ("show",))


@pytest.fixture
def plan(foundry: Foundry, project: Path, provisioner: Command) -> Path:
    (project / "stores.yaml").write_text(EXAMPLE, encoding="utf-8")
    assert provisioner("plan", "--out", "plan.json").code == 0
    foundry.forget_requests()
    return project / "plan.json"


def _directory(file: Path) -> None:
    file.unlink()
    file.mkdir()


def _link(file: Path) -> None:
    outside = file.parent.parent / "elsewhere.json"
    file.rename(outside)
    file.symlink_to(outside)


def _large(file: Path) -> None:
    with file.open("ab") as stream:
        stream.truncate(50_000_001)


CASES: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing": (Path.unlink, 'There is no file "plan.json"'),
    "directory": (_directory, "is not a file"),
    "link": (_link, "is a link that leads out of its folder"),
    "large": (_large, "is larger than 50 MB"),
    "bytes": (lambda file: file.write_bytes(b"\xff\xfe\x00"), "is not UTF-8"),
    "another tool's": (lambda file: file.write_text('{"resource_changes": []}', encoding="utf-8"), "is no plan"),
    "changed": (
        lambda file: file.write_text(file.read_text(encoding="utf-8").replace("50", "60"), encoding="utf-8"),
        "was changed since it was written",
    ),
    "truncated": (lambda file: file.write_bytes(file.read_bytes()[:2000]), "is not whole"),
}


@pytest.mark.parametrize("command", ASKED, ids=["apply", "show"])
@pytest.mark.parametrize("case", CASES)
def test_a_file_that_is_no_plan_is_refused(
    case: str, command: tuple[str, ...], plan: Path, provisioner: Command, foundry: Foundry
) -> None:
    spoil, told = CASES[case]
    spoil(plan)

    refused = provisioner(*command, "plan.json")

    assert refused.code == 1
    assert told in refused.err
    assert "Traceback" not in refused.err
    assert foundry.requests() == []


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_a_pipe_that_is_named_is_read_as_one(plan: Path, provisioner: Command) -> None:
    text = plan.read_text(encoding="utf-8")
    pipe = plan.with_name("pipe")
    os.mkfifo(pipe)
    program = "import sys; open(sys.argv[1], 'w').write(sys.argv[2])"
    with subprocess.Popen([sys.executable, "-c", program, str(pipe), text]):
        done = provisioner("apply", "--plan", "pipe")

    assert done.code == 0, done.err


def test_a_plan_of_a_later_format_names_the_version_that_made_it(plan: Path, provisioner: Command) -> None:
    document = json.loads(plan.read_text(encoding="utf-8"))
    plan.write_text(written({**document, "format_version": "3.1", "tool_version": "4.2.0"}), encoding="utf-8")

    refused = provisioner("apply", "--plan", "plan.json")

    assert refused.code == 1
    assert "has the format 3.1, which is newer" in refused.err
    assert "Use the version that made it: 4.2.0." in refused.err


def test_an_option_that_came_later_is_refused(plan: Path, provisioner: Command, foundry: Foundry) -> None:
    document = json.loads(plan.read_text(encoding="utf-8"))
    options = {**document["options"], "later": ["x"]}
    plan.write_text(written({**document, "options": options}), encoding="utf-8")

    refused = provisioner("apply", "--plan", "plan.json")

    assert refused.code == 1
    assert "made with an option that this version does not know: later" in refused.err
    assert foundry.requests() == []


def test_an_entry_that_no_manifest_could_have_is_refused_as_there(
    plan: Path, provisioner: Command, foundry: Foundry
) -> None:
    document = json.loads(plan.read_text(encoding="utf-8"))
    (store,) = [it for it in document["changes"] if it["address"]["kind"] == "stores"]
    store["entry"] = {"chat_model": 7, "description": {"file": "/etc/passwd"}}
    plan.write_text(written(document), encoding="utf-8")

    refused = provisioner("apply", "--plan", "plan.json")

    assert refused.code == 1
    assert "`stores.dev-prefs-memory.chat_model`: " in refused.err
    assert foundry.requests() == []


@pytest.mark.untraced
@pytest.mark.usefixtures("foundry")
def test_thousands_of_changes_are_written_and_read_in_seconds(project: Path, provisioner: Command) -> None:
    agents = "".join(f"  a{number}: {{model: c/m, instructions: Help with {number}.}}\n" for number in range(2_000))
    (project / "stores.yaml").write_text(f"version: 1\nname: many\nagents:\n{agents}", encoding="utf-8")
    assert provisioner("plan", "--out", "plan.json").code == 0
    size = (project / "plan.json").stat().st_size
    assert size < 6_000_000
    began = time.process_time()

    shown = provisioner("show", "plan.json")

    assert "2000 to create" in shown.out
    assert time.process_time() - began < 10
