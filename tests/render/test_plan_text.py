from __future__ import annotations

import re
from typing import Any

import pytest

from provisioner.model.action import Action, Origin
from provisioner.model.address import Address
from provisioner.model.document import ABSENT
from provisioner.model.plan import Change, FieldChange, Plan, Target
from provisioner.model.redact import redacted
from provisioner.render.plan_json import plan_document
from provisioner.render.plan_markdown import plan_markdown
from provisioner.render.plan_text import plan_text
from provisioner.render.styles import COLOURFUL
from provisioner.render.target import target_phrase
from provisioner.render.values import inline
from tests.render import sample


def text_of(*fields: FieldChange, action: Action = Action.UPDATE, **more: Any) -> str:
    change = sample.change(action, sample.AGENT, fields=fields, **more)
    return plan_text(Plan(owner="o", changes=(change,)))


def field(before: object, after: object, **more: Any) -> FieldChange:
    return FieldChange(path=("text",), before=before, after=after, **more)


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        pytest.param(field(1, 2), "~ text: 1 -> 2", id="no-origin-no-remark"),
        pytest.param(field(1, 2, origin=Origin.EDIT), "~ text: 1 -> 2  (edited in the manifest)", id="edit"),
        pytest.param(
            field(1, 2, origin=Origin.DRIFT), "~ text: 1 -> 2  (drift: changed outside the manifest)", id="drift"
        ),
        pytest.param(
            field(1, 2, origin=Origin.BOTH),
            "~ text: 1 -> 2  (edited in the manifest; drift: also changed outside it)",
            id="both",
        ),
        pytest.param(
            field(1, 2, origin=Origin.EDIT, forces_replace=True),
            "~ text: 1 -> 2  (edited in the manifest, forces replace)",
            id="forces-replace",
        ),
        pytest.param(
            field("a", ABSENT, origin=Origin.EDIT),
            """- text: "a" -> the service's default  (removed from the manifest)""",
            id="removed",
        ),
        pytest.param(field(ABSENT, None), "+ text: null", id="an-explicit-null-is-no-absence"),
        pytest.param(field([], ["a", 1, True]), '~ text: [] -> ["a", 1, true]', id="short-lists"),
        pytest.param(field({}, ""), '~ text: {} -> ""', id="empty-ones"),
        pytest.param(field("1", 1), '~ text: "1" -> 1', id="text-is-not-a-number"),
    ],
)
def test_a_field_on_one_line(changed: FieldChange, expected: str) -> None:
    assert f"\n    {expected}\n" in text_of(changed)


@pytest.mark.parametrize("path", [("metadata", "team"), ("tags", "team"), ("environment_variables", "team")])
def test_a_key_of_the_users_own_that_goes_is_simply_removed(path: tuple[str, ...]) -> None:
    short = FieldChange(path=path, before="a", after=ABSENT, origin=Origin.EDIT)
    long = FieldChange(path=path, before="a\nb", after=ABSENT, origin=Origin.EDIT)

    shown = redacted("a", path)

    assert f"    - {path[0]}.team: {inline(shown)}  (removed from the manifest)\n" in text_of(short)
    if shown == "a":
        assert f"    - {path[0]}.team:  (removed from the manifest)\n        - a\n" in text_of(long)


@pytest.mark.parametrize(
    ("path", "origin"),
    [
        pytest.param(("tools", "0", "custom"), Origin.DRIFT, id="an-addition"),
        pytest.param(("tools", "0", "openapi", "spec", "paths", "/orders/{id}"), Origin.EDIT, id="a-path"),
        pytest.param(("tools", "0", "parameters", "properties", "size"), Origin.EDIT, id="a-property"),
        pytest.param(("tools", "0", "parameters", "required"), Origin.EDIT, id="a-description"),
        pytest.param(("tools", "0", "headers", "X"), Origin.EDIT, id="a-header"),
    ],
)
@pytest.mark.parametrize("before", [{"get": {"summary": "one"}}, ["one"]])
def test_what_the_manifest_alone_decides_is_removed_and_has_no_default(
    path: tuple[str, ...], origin: Origin, before: object
) -> None:
    text = text_of(FieldChange(path=path, before=before, after=ABSENT, origin=origin))

    assert "default" not in text
    assert ("(drift: set outside the manifest)" if origin is Origin.DRIFT else "(removed from the manifest)") in text


def test_what_the_service_decides_goes_back_to_its_default() -> None:
    removed = FieldChange(path=("tools", "0", "server_label"), before="a", after=ABSENT, origin=Origin.EDIT)

    assert """- tools.0.server_label: "a" -> the service's default  (removed from the manifest)""" in text_of(removed)


def test_the_reason_of_a_change_is_told_everywhere() -> None:
    change = sample.change(Action.UPDATE, sample.AGENT, reason="its last write failed")
    plan = Plan(owner="o", changes=(change,))

    assert "    ! Its last write failed.\n" in plan_text(plan)
    assert ": its last write failed</summary>" in plan_markdown(plan)
    assert plan_document(plan)["changes"][0]["reason"] == "its last write failed"


def test_a_text_of_many_lines_is_compared_line_by_line() -> None:
    assert "    ~ text:\n        - one\n        + One\n          two\n" in text_of(field("one\ntwo\n", "One\ntwo\n"))


def test_a_last_newline_that_goes_is_seen() -> None:
    assert "    ~ text:\n          one\n        -\n" in text_of(field("one\n", "one"))


def test_lists_of_mappings_are_compared_as_lines_whatever_the_order_of_keys() -> None:
    before = [{"b": 1, "a": {"x": "1\n2\n"}, "type": "t"}]
    after = [{"type": "t", "a": {"x": "1\n3\n"}, "b": 1}]

    assert text_of(field(before, after)).split("text:\n")[1].splitlines()[:6] == [
        '          - type: "t"',
        "            a:",
        "              x: |",
        "                1",
        "        -       2",
        "        +       3",
    ]


def test_the_legend_has_only_what_is_used() -> None:
    assert "\n  ~ update\n" in text_of(field(1, 2))


def test_a_number_of_lost_memories_is_not_made_up() -> None:
    text = text_of(action=Action.DELETE, loses_data=True, live={}, referrers=(sample.HELPER,))

    assert "Every memory of every scope in it is destroyed." in text
    assert "how many" in text
    assert "agents/helper refers to it." in text


def test_an_adoption_says_that_something_exists() -> None:
    assert "It exists already" in text_of(action=Action.ADOPT, live={}, marked=False)
    assert "It exists already" in text_of(action=Action.REPLACE, live={}, marked=False)
    assert "It exists already" not in text_of(action=Action.DELETE, live={}, marked=False)


def test_no_field_can_pass_for_a_line_of_the_plan() -> None:
    text = text_of(field("a\nb", "a\n  - stores/x will be deleted\n\nPlan: 0 to create.\nb"))

    assert [line for line in text.splitlines() if line.startswith("Plan:")] == ["Plan: 1 to update."]
    assert "        +   - stores/x will be deleted" in text


def test_colour_paints_whole_lines_and_is_always_reset() -> None:
    coloured = plan_text(sample.sample_plan(), styles=COLOURFUL)

    assert all(line.count("\x1b[0m") * 2 == line.count("\x1b[") for line in coloured.splitlines())


@pytest.mark.parametrize("width", [40, 60, 80, 140])
def test_no_line_is_longer_than_the_terminal_where_words_can_be_parted(width: int) -> None:
    long = [line for line in plan_text(sample.sample_plan(), width=width).splitlines() if len(line) > width]

    assert all(re.fullmatch(r" *([-+~…] )?(--allow-data-loss )?[^ ]+", line) for line in long), long


def test_the_project_is_named_by_every_renderer() -> None:
    plan = Plan(owner="o", target=sample.TARGET)

    assert plan_text(plan).startswith(
        f"Project: {sample.TARGET.endpoint}\nAccount: my-account, resource group my-group,"
    )
    assert f"Project: <code>{sample.TARGET.endpoint}</code>" in plan_markdown(plan)
    assert plan_document(plan)["target"]["account"] == "my-account"


@pytest.mark.parametrize(
    ("target", "phrase"),
    [
        (sample.TARGET, 'project "my-project" of account "my-account"'),
        (
            Target(endpoint="https://127.0.0.1:1/api/projects/p", account="a", local=True),
            'project "p" of the local Foundry',
        ),
        (Target(endpoint="https://h.example/api/projects/p"), 'project "p", https://h.example/api/projects/p'),
        (Target(endpoint="https://h.example/odd\n"), "the project https://h.example/odd\\n"),
        (None, ""),
    ],
)
def test_a_sentence_can_name_the_project(target: Target | None, phrase: str) -> None:
    assert target_phrase(target) == phrase


def test_the_local_foundry_is_called_so() -> None:
    local = Target(endpoint="https://127.0.0.1:1/api/projects/p", account="a", local=True)

    assert plan_text(Plan(owner="o", target=local)).startswith(f"Project: {local.endpoint} (the local Foundry)\n\n")


def test_refused_and_nothing_to_change_is_not_called_no_changes() -> None:
    text = plan_text(Plan(owner="o", refusals=sample.refusals()))

    assert "No changes" not in text
    assert "nothing will be applied" in text


@pytest.mark.parametrize("width", [40, 60, 80, 140])
def test_names_are_aligned_in_all_fields_or_in_none(width: int) -> None:
    names = ["model", "sku.capacity", "dynamic_throttling_enabled"]
    fields = [FieldChange(path=(name,), before=1, after=2, origin=Origin.EDIT) for name in names]
    rows = [line for line in text_of(*fields).splitlines() if " -> " in line]
    narrow = plan_text(
        Plan(owner="o", changes=(sample.change(Action.UPDATE, sample.AGENT, fields=fields),)), width=width
    )
    shown = [line for line in narrow.splitlines() if " -> " in line]

    assert len({row.index(" 1 -> ") for row in rows}) == 1
    assert len({line.index(" 1 -> ") for line in shown}) <= 1 or not any("  1" in line for line in shown)


@pytest.mark.parametrize("width", range(40, 100, 7))
@pytest.mark.parametrize("host", ["my-account-of-a-long-name.services.ai.azure.com", "a" * 90])
def test_an_endpoint_that_is_wider_than_the_terminal_stays_indented_and_whole(host: str, width: int) -> None:
    target = Target(endpoint=f"https://{host}/api/projects/my-project", local=True)
    project = plan_text(Plan(owner="o", target=target), width=width).split("\n\n")[0].splitlines()

    assert all(len(line) <= width for line in project)
    assert all(line.startswith("  ") for line in project[1:])
    assert "".join(line.strip() for line in project).replace(" ", "") == (
        f"Project:{target.endpoint}(the local Foundry)".replace(" ", "")
    )


def test_without_room_every_change_is_named_and_its_fields_are_counted() -> None:
    long = {f"text-{number:02}": "line of a text\n" * 200_000 for number in range(3)}
    lines = "x" * 399 + "\n"
    wide = {f"text-{number:02}": lines * 1_000 for number in range(10)}
    changes = [
        sample.change(
            Action.UPDATE,
            sample.AGENT,
            live={},
            fields=tuple(FieldChange(path=(name,), before=ABSENT, after=value) for name, value in after.items()),
        )
        for after in (long, wide, {"kind": "prompt", "model": "m"})
    ]
    text = plan_text(Plan(owner="o", changes=tuple(changes)))

    assert text.count("will be updated") == 3
    assert text.count("+ … 199,000 more lines\n") == 3
    assert "    … 5 more fields; --format json shows all\n" in text
    assert "    … 2 more fields; --format json shows all\n" in text
    assert len(text) < 3_000_000


def creations(count: int) -> list[Change]:
    return [
        sample.change(
            Action.CREATE, Address("agents", f"new-{number:03}"), after={"model": "m", "instructions": "Help."}
        )
        for number in range(count)
    ]


def test_of_many_creations_the_first_are_shown_and_all_are_named() -> None:
    text = plan_text(Plan(owner="o", changes=(*creations(500), *sample.sample_plan().changes)))
    words = " ".join(text.split())

    assert text.count("agents/new-") == 10
    assert "491 more agents will be created: new-010, new-011," in words
    assert "new-499, helper … --format json and --out plan.html show each" in words
    assert text.count("\n") < 300
    assert max(map(len, text.splitlines())) <= 100


def test_a_few_creations_are_all_shown() -> None:
    text = plan_text(Plan(owner="o", changes=tuple(creations(20))))

    assert text.count("agents/new-") == 20
    assert "more agents" not in text


def test_what_is_lost_and_what_differs_is_never_gathered() -> None:
    gone = [
        sample.change(Action.DELETE, Address("stores", f"s{number}"), live={"model": "m"}, loses_data=True)
        for number in range(30)
    ]
    edited = [
        sample.change(
            Action.UPDATE,
            Address("agents", f"a{number}"),
            live={},
            fields=(FieldChange(path=("model",), before="m", after="n", origin=Origin.DRIFT),),
        )
        for number in range(30)
    ]
    text = plan_text(Plan(owner="o", changes=(*gone, *edited)))

    assert text.count("will be deleted\n") == 30
    assert text.count("will be updated\n") == 30


def test_a_plan_longer_than_two_screens_begins_with_what_matters_and_ends_with_it() -> None:
    long = plan_text(Plan(owner="o", changes=(*creations(15), *sample.sample_plan().changes) * 2))
    short = plan_text(Plan(owner="o", changes=sample.sample_plan().changes))

    for words in ("\nLost when this is applied:\n", "\nDrift: changed outside the manifest, and overwritten"):
        assert words in long[:1_000]
        assert words in long[-2_000:]
        assert short.count(words) == 1
    assert "  … and " not in short


def test_a_new_text_of_60_000_characters_is_begun_and_its_lines_are_counted() -> None:
    rules = "One more rule.\n" * 4_000
    tools = [{"type": "function", "name": f"f{number}"} for number in range(128)]
    change = sample.change(Action.CREATE, sample.AGENT, after={"model": "m", "instructions": rules, "tools": tools})
    text = plan_text(Plan(owner="o", changes=(change,)))

    assert "+ … 3,940 more lines\n" in text
    assert "+ … 196 more lines\n" in text
    assert text.count("\n") < 150
