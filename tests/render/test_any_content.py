"""What holds for every renderer whatever the values are."""

from __future__ import annotations

import json
import unicodedata

from hypothesis import given, settings
from hypothesis import strategies as st

from provisioner.model.action import Action
from provisioner.model.address import Address
from provisioner.model.diagnostic import Diagnostic
from provisioner.model.errors import Failure
from provisioner.model.plan import Change, FieldChange, Plan
from provisioner.model.progress import ApplyFinished, Event
from provisioner.model.resource import Desired, Live
from provisioner.render.diagnostics import diagnostics_github, diagnostics_json, diagnostics_text
from provisioner.render.events_json import event_document
from provisioner.render.failures import failure_text
from provisioner.render.graph import dot, mermaid
from provisioner.render.json_text import json_text
from provisioner.render.outcomes import outcomes_text
from provisioner.render.plan_html import plan_html
from provisioner.render.plan_json import plan_document
from provisioner.render.plan_markdown import plan_markdown
from provisioner.render.plan_text import plan_text
from provisioner.render.progress import PlainProgress, Results
from tests.render import strategies as our
from tests.whole import tries

# Drawing such rich values takes longer than rendering them.
few = settings(max_examples=tries(40))

_STEERING = {"Cc", "Cs", "Zl", "Zp"}
_BIDI = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def assert_harmless(text: str) -> None:
    assert {char for char in text if unicodedata.category(char) in _STEERING} <= {"\n"}
    assert _BIDI.isdisjoint(text)
    assert not any(line != line.rstrip(" ") for line in text.split("\n"))


@few
@given(our.plans, st.integers(20, 200))
def test_the_text_of_a_plan_steers_no_terminal(plan: Plan, width: int) -> None:
    assert_harmless(plan_text(plan, width=width))


@few
@given(our.plans, st.integers(0, 2_000))
def test_the_markdown_of_a_plan_is_harmless_and_never_exceeds_its_limit(plan: Plan, limit: int) -> None:
    text = plan_markdown(plan, title=plan.owner)

    assert {char for char in text if unicodedata.category(char) in _STEERING} <= {"\n"}
    assert len(plan_markdown(plan, limit=limit)) <= limit


@few
@given(our.plans)
def test_the_page_of_a_plan_misleads_no_eye(plan: Plan) -> None:
    text = plan_html(plan)

    assert {char for char in text if unicodedata.category(char) in _STEERING} <= {"\n"}
    assert _BIDI.isdisjoint(text)


@few
@given(our.plans)
def test_the_json_of_a_plan_is_strict_json(plan: Plan) -> None:
    document = plan_document(plan)

    assert document == json.loads(json.dumps(document, allow_nan=False))


@few
@given(st.lists(our.diagnostics, max_size=3))
def test_diagnostics_steer_no_terminal_and_no_workflow(items: list[Diagnostic]) -> None:
    assert_harmless(diagnostics_text(items))
    commands = diagnostics_github(items).splitlines()

    assert len(items) == len(commands) == len(json.loads(diagnostics_json(items))["diagnostics"])
    assert all(command.startswith(("::error ", "::warning ", "::notice ")) for command in commands)


@few
@given(our.finishes)
def test_outcomes_steer_no_terminal(finished: ApplyFinished) -> None:
    assert_harmless(outcomes_text(finished))


@few
@given(st.lists(our.events, max_size=2))
def test_progress_steers_no_terminal(events: list[Event]) -> None:
    signs, told = list[str](), list[str]()
    plain, results = PlainProgress(signs.append), Results(told.append)
    for event in events:
        plain(event)
        results(event)
    lines = "\n".join(json_text(event_document(event)) for event in events)

    assert_harmless("\n".join(signs))
    assert_harmless("\n".join(told))
    assert [json.loads(line)["event"] for line in lines.splitlines()] == [_name(it) for it in events]


def _name(event: Event) -> str:
    return "".join(f"_{char.lower()}" if char.isupper() else char for char in type(event).__name__).lstrip("_")


@given(our.wild, our.wild, st.none() | our.failures)
def test_a_failure_steers_no_terminal(message: str, hint: str, failure: Failure | None) -> None:
    assert_harmless(failure_text(message, hint, failure))


@given(st.dictionaries(our.addresses, st.frozensets(our.addresses, max_size=3), max_size=3))
def test_names_cannot_break_out_of_a_graph(needs: dict[Address, frozenset[Address]]) -> None:
    resources = {address: Desired(address=address, needs=needed) for address, needed in needs.items()}
    nodes = {*needs, *(address for needed in needs.values() for address in needed)}
    edges = sum(map(len, needs.values()))

    assert mermaid(resources).count('["') == len(nodes)
    assert mermaid(resources).count("\n  n") == len(nodes) + edges
    assert dot(resources).count("\n") == 4 + len(nodes) + edges


_SECRET = "hunter2 and a long tail"


_NAMES = ["api_key", "Authorization", "clientSecret", "X-Functions-Key", "CONNECTION_STRING"]
_holding_it = st.sampled_from(_NAMES).flatmap(lambda key: our.with_secret(key, _SECRET))


@few
@given(st.sampled_from(Action), _holding_it)
def test_no_plan_shows_a_secret(action: Action, value: object) -> None:
    assert_hidden(_plan_around(action, value))


_VALUE_PLACES = ["default", "example", "examples", "const", "value", "default_value", "x-anything"]


@settings(max_examples=tries(100))
@given(
    st.sampled_from(Action),
    st.sampled_from(_NAMES).flatmap(lambda key: our.behind_turns(st.just({key: _SECRET}))),
)
def test_no_value_of_a_secret_name_is_shown_whatever_stands_above_it(action: Action, value: object) -> None:
    assert_hidden(_plan_around(action, value))


@settings(max_examples=tries(100))
@given(
    st.sampled_from(["parameters", "schema", "spec", "structured_inputs"]),
    st.sampled_from(_NAMES),
    st.sampled_from(_VALUE_PLACES),
    st.sampled_from(["", "anyOf", "items", "schema", "properties"]),
)
def test_no_value_planted_where_a_secret_is_described_is_shown(above: str, name: str, place: str, between: str) -> None:
    inner = {place: [_SECRET]}
    described = {name: {"type": "string", between: inner} if between else inner}
    value = {above: described if above == "structured_inputs" else {"properties": described}}

    assert_hidden(_plan_around(Action.CREATE, value))
    assert_hidden(_plan_around(Action.UPDATE, [value]))


def assert_hidden(plan: Plan) -> None:
    assert "hunter2" not in plan_text(plan)
    assert "hunter2" not in plan_markdown(plan)
    assert "hunter2" not in plan_html(plan)
    assert "hunter2" not in json.dumps(plan_document(plan))


def _plan_around(action: Action, value: object) -> Plan:
    address = Address("agents", "a")
    fields = {"tools": value}
    change = Change(
        action=action,
        address=address,
        before=Live(address=address, fields=fields),
        after=fields,
        fields=(FieldChange(path=("tools",), before=value, after=[value]),),
    )
    return Plan(owner="o", changes=(change,))
