"""A plan says under which policy it was made, and which of its rules forbid it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeAlias

from provisioner.kinds import TRAITS
from provisioner.model.allowances import Allowances
from provisioner.model.diagnostic import Location
from provisioner.model.plan import Plan
from provisioner.model.policy import Policy
from provisioner.model.resource import Live, Marker
from provisioner.reconcile.planner import make_destruction
from provisioner.render.plan_html import plan_html
from provisioner.render.plan_json import plan_document, plan_json
from provisioner.render.plan_markdown import plan_markdown
from provisioner.render.plan_text import plan_text
from provisioner.render.policy import policy_document, policy_rows
from provisioner.saved.reading import read_plan
from tests.render import sample

Golden: TypeAlias = Callable[[str, str], None]
RULES: dict[str, Any] = {
    "protected": True,
    "max_deletes": 1,
    "require_plan": True,
    "allow_adopt": False,
    "allowed_hosts": ["my-account.services.ai.azure.com", "management.azure.com"],
}


def policy(**rules: Any) -> Policy:
    lines = {rule: number for number, rule in enumerate(RULES, 4)}
    return Policy.of(
        rules, lambda rule: Location(file="env/prod.yaml", line=lines[rule], column=3, path=f"policy.{rule}")
    )


def refused(under: Policy) -> Plan:
    addresses = (sample.AGENT, sample.HELPER)
    live = {at: Live(address=at, fields={"model": "chat"}, marker=Marker(owner=sample.OWNER)) for at in addresses}
    plan = make_destruction({}, live, owner=sample.OWNER, traits=TRAITS, allow=Allowances(policy=under))
    return replace(plan, target=sample.TARGET)


def test_plan_text(golden: Golden) -> None:
    golden("plan-policy.txt", plan_text(refused(policy(**RULES))))


def test_plan_markdown(golden: Golden) -> None:
    golden("plan-policy.md", plan_markdown(refused(policy(**RULES))))


def test_plan_html() -> None:
    page = plan_html(refused(policy(**RULES)))

    assert "<dt>Policy</dt><dd><code>protected, so nothing is deleted or replaced; at most 1" in page
    assert "policy-protected" in page
    assert "env/prod.yaml:4" in page


def test_nothing_is_said_where_nothing_is_restricted() -> None:
    plan = refused(policy(protected=False, allow_adopt=True))

    assert "Policy" not in plan_text(plan) + plan_markdown(plan)
    assert "<dt>Policy</dt>" not in plan_html(plan)
    assert plan_document(plan)["policy"] is None


def test_a_policy_that_lets_no_host_be_says_so() -> None:
    assert list(policy_rows(policy(allowed_hosts=[]))) == [
        ("Policy", "tokens go to no host only (says env/prod.yaml:8)")
    ]


def test_only_some_places_are_named_in_a_row() -> None:
    said = Policy()
    for number in range(5):
        said = said.narrowed(Policy.of({"protected": True}, lambda _, n=number: Location(file=f"{n}.yaml")))  # type: ignore[misc]

    assert dict(policy_rows(said))["Policy"].endswith("(says 0.yaml:1, 1.yaml:1, 2.yaml:1 and 2 more)")


def test_what_is_saved_of_it_is_read_back() -> None:
    some: tuple[dict[str, Any], ...] = (RULES, {"max_deletes": 0}, {"allowed_hosts": []}, {})
    for rules in some:
        under = policy(**rules)
        plan = replace(refused(under), refusals=())

        saved = read_plan(plan_json(plan), "it").plan.allow.policy

        assert saved == under
        assert policy_document(saved) == policy_document(under)
