"""Two environments beside each other, exactly; and nothing in them that may not be shown."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

from jsonschema import Draft202012Validator

from provisioner.model.address import Address
from provisioner.reconcile.comparison import Comparison, Side, compared
from provisioner.render.comparison import comparison_json, comparison_markdown, comparison_text
from provisioner.render.comparison_schema import comparison_schema
from provisioner.render.styles import COLOURFUL
from tests.render import sample

Golden: TypeAlias = Callable[[str, str], None]
DEV = Side(
    name="dev",
    owner="dev-buddy",
    head={"version": 1, "name": "dev-buddy", "policy": {"max_deletes": 3}},
    resources={
        sample.AGENT: {
            "model": "chat",
            "instructions": sample.OLD_INSTRUCTIONS,
            "temperature": 0.2,
            "top_p": 0.9,
            "tools": [{"type": "mcp", "headers": {"Authorization": f"Bearer {sample.SECRET}", "X-Trace": "on"}}],
        },
        sample.DEPLOYMENT: {"sku": {"name": "GlobalStandard", "capacity": 10}},
        sample.HELPER: {"model": "chat"},
        Address("agents", "only-here"): {},
    },
)
PROD = Side(
    name="prod",
    owner="dev-buddy-prod",
    head={"version": 1, "name": "dev-buddy-prod", "policy": {"max_deletes": 0, "protected": True}},
    resources={
        sample.AGENT: {
            "model": "chat",
            "instructions": sample.NEW_INSTRUCTIONS,
            "temperature": 0.4,
            "tools": [{"type": "mcp", "headers": {"Authorization": "Bearer another-secret", "X-Trace": "on"}}],
            "metadata": {"stage": "prod"},
        },
        sample.DEPLOYMENT: {"sku": {"name": "GlobalStandard", "capacity": 100}},
        sample.HELPER: {"model": "chat"},
        sample.STORE: {},
    },
)


def both() -> Comparison:
    return compared(DEV, PROD)


def live() -> Comparison:
    there = replace(sample.TARGET, endpoint="https://other.services.ai.azure.com/api/projects/prod", account="other")
    sides = (
        replace(DEV, head={}, target=replace(sample.TARGET, environment="dev")),
        replace(PROD, head={}, target=replace(there, environment="prod")),
    )
    return compared(*sides, notes=("Not compared, as the service shows it to nobody: credentials of connections.",))


def test_text(golden: Golden) -> None:
    golden("comparison.txt", comparison_text(both()))


def test_text_of_two_projects(golden: Golden) -> None:
    golden("comparison-live.txt", comparison_text(live()))


def test_text_in_a_narrow_terminal(golden: Golden) -> None:
    golden("comparison-narrow.txt", comparison_text(live(), width=40))


def test_markdown(golden: Golden) -> None:
    golden("comparison.md", comparison_markdown(both()))


def test_json(golden: Golden) -> None:
    golden("comparison.json", comparison_json(both()))


def test_nothing_differs() -> None:
    comparison = compared(DEV, replace(DEV, name="test"))

    assert comparison_text(comparison).splitlines()[-1] == "No differences between dev and test (4 resources alike)."
    assert "No differences" in comparison_markdown(comparison)
    assert json.loads(comparison_json(comparison))["has_differences"] is False


def test_every_document_is_as_the_schema_says_and_the_schema_describes_every_key() -> None:
    schema = comparison_schema()
    Draft202012Validator.check_schema(schema)

    for comparison in (both(), live(), compared(DEV, DEV)):
        document = json.loads(comparison_json(comparison))
        Draft202012Validator(closed(schema)).validate(document)


def test_the_published_schema_is_current() -> None:
    published = Path(__file__).parents[2] / "schemas" / "compare.v1.schema.json"

    assert json.loads(published.read_text(encoding="utf-8")) == comparison_schema()


def closed(schema: Any) -> Any:
    """Taking no key that it does not describe."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {key: closed(value) for key, value in schema.items()}
    return {**inner, "additionalProperties": False} if "properties" in inner and inner.get("type") else inner


def everything(comparison: Comparison) -> str:
    return "".join(
        (
            comparison_text(comparison),
            comparison_text(comparison, styles=COLOURFUL, width=30),
            comparison_markdown(comparison),
            comparison_json(comparison),
        )
    )


def test_no_secret_of_either_side_is_shown() -> None:
    told = everything(both()) + everything(live())

    assert sample.SECRET not in told
    assert "another-secret" not in told
    assert "(sensitive, changed)" in told


def test_nor_does_anything_depend_on_one() -> None:
    text = json.dumps([sample.SECRET])

    def with_secret(secret: str) -> str:
        resources = {at: json.loads(json.dumps(it).replace(text[2:-2], secret)) for at, it in DEV.resources.items()}
        return everything(compared(replace(DEV, resources=resources), PROD))

    assert with_secret("one-of-many") == with_secret("and-one-more")


def test_nothing_in_it_steers_a_terminal_or_a_pipeline() -> None:
    hostile = f"{sample.HOSTILE}\n##vso[task.setvariable variable=a]b\n::error::x\n"
    first = Side(name="dev", head={}, resources={sample.AGENT: {"description": hostile, hostile: 1}})
    second = Side(name=hostile, owner=hostile, head={}, resources={sample.AGENT: {}, Address("agents", hostile): {}})

    for told in (
        comparison_text(compared(first, second)),
        comparison_markdown(compared(first, second)),
        comparison_json(compared(first, second)),
    ):
        assert "\x1b" not in told
        assert "##vso[" not in told
        assert not any(line.lstrip().startswith("::") for line in told.splitlines())


def test_markdown_is_never_longer_than_it_may_be() -> None:
    for limit in (600, 1_200, 2_000, 60_000):
        assert len(comparison_markdown(both(), limit=limit)) <= limit

    assert "left out for length" in comparison_markdown(both(), limit=1_200)
