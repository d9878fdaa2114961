"""A store whose definition changes in the manifest, from the plan to the last request, both ways."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from provisioner.memory.plane import Memories
from provisioner.model.memory import Item
from provisioner.planes.service import connect
from tests.foundry import EXAMPLE, Command, Foundry

STORE = "dev-prefs-memory"
ANN, BOB = "ann@example.com", "bob@example.com"
PEOPLE = (ANN, BOB)
FIRST = "user_profile_enabled: true"
SECOND = "user_profile_enabled: false"


def manifest(on_replace: str) -> str:
    more = f"    scopes: [{ANN}, {BOB}]\n    lifecycle: {{on_replace: {on_replace}}}\n"
    return EXAMPLE.replace(f"  {STORE}:\n", f"  {STORE}:\n{more}", 1)


IN_PLACE, SIDE_BY_SIDE = "migrate", "{migrate: side_by_side}"


@pytest.fixture(params=[IN_PLACE, SIDE_BY_SIDE], ids=["in place", "side by side"])
def way(request: pytest.FixtureRequest, foundry: Foundry, project: Path, provisioner: Command) -> str:
    """Applied, with memories of two people; then the store's options change."""
    file = project / "stores.yaml"
    file.write_text(manifest(request.param), encoding="utf-8")
    assert provisioner("apply", "--yes").code == 0
    with connect(foundry.where) as planes:
        memories = Memories(planes.project)
        for scope in PEOPLE:
            memories.add(STORE, Item(scope=scope, kind="user_profile", content=f"Is {scope}, likes tea."))
    edit(project, SECOND)
    return str(request.param)


def edit(project: Path, options: str) -> None:
    file = project / "stores.yaml"
    text = file.read_text(encoding="utf-8").replace(FIRST, options).replace(SECOND, options)
    file.write_text(text, encoding="utf-8")


def stores(foundry: Foundry) -> list[str]:
    with connect(foundry.where) as planes:
        return sorted(str(it["name"]) for it in planes.project.items("memory_stores", features=_FEATURES))


_FEATURES = ("MemoryStores=V1Preview",)


def remembered(foundry: Foundry, store: str) -> set[str]:
    with connect(foundry.where) as planes:
        return {it.content for scope in PEOPLE for it in Memories(planes.project).items(store, scope)}


def store_of_agent(foundry: Foundry) -> str:
    with connect(foundry.where) as planes:
        body: Any = planes.project.get("agents/dev-buddy")
    tools = body["versions"]["latest"]["definition"]["tools"]
    return str(next(it["memory_store_name"] for it in tools if "memory_store_name" in it))


def all_of_it() -> set[str]:
    return {f"Is {scope}, likes tea." for scope in PEOPLE}


def flat(text: str) -> str:
    return " ".join(text.split())


def test_a_plan_says_what_becomes_of_the_memories_and_whose_nowhere(way: str, provisioner: Command) -> None:
    for style in ("text", "markdown", "html", "json"):
        told = provisioner("plan", "--format", style)
        assert told.code == 0, told.err
        text = flat(told.out)
        assert "It holds 2 memories of 2 known scopes (2 user_profile)." in text
        assert ("In place:" if way == IN_PLACE else "Side by side:") in text
        assert "requests" in text
        assert not [name for name in PEOPLE if name in told.out + told.err]
    assert ANN in provisioner("plan", "--show-scopes").out


def test_all_is_remembered_and_nothing_is_left_to_do(way: str, foundry: Foundry, provisioner: Command) -> None:
    applied = provisioner("apply", "--yes")
    assert applied.code == 0, applied.out + applied.err
    (store,) = stores(foundry)
    assert (store == STORE) == (way == IN_PLACE)
    assert remembered(foundry, store) == all_of_it()
    assert store_of_agent(foundry) == store
    again = provisioner("plan", "--detailed-exitcode")
    assert (again.code, "No changes." in again.out) == (0, True)
    assert "No drift" in provisioner("drift").out


def test_a_saved_plan_is_applied_with_the_scopes_it_names(
    way: str, foundry: Foundry, project: Path, provisioner: Command
) -> None:
    assert provisioner("plan", "--out", "plan.json").code == 0
    kept = (project / "plan.json").read_text(encoding="utf-8")
    assert all(name in kept for name in PEOPLE)
    assert stat.S_IMODE((project / "plan.json").stat().st_mode) == 0o600
    assert flat("It holds 2 memories of 2 known scopes") in flat(provisioner("show", "plan.json").out)
    applied = provisioner("apply", "--plan", "plan.json", "--yes")
    assert applied.code == 0, applied.out + applied.err
    (store,) = stores(foundry)
    assert (store == STORE) == (way == IN_PLACE)
    assert remembered(foundry, store) == all_of_it()
    assert provisioner("plan", "--detailed-exitcode").code == 0


@pytest.mark.usefixtures("way")
def test_a_plan_without_the_scopes_names_is_shown_and_not_applied(project: Path, provisioner: Command) -> None:
    (project / "plan.json").write_text(provisioner("plan", "--format", "json").out, encoding="utf-8")
    refused = provisioner("apply", "--plan", "plan.json", "--yes")
    assert refused.code == 1
    assert "plan --out plan.json" in flat(refused.err)


def test_the_next_edit_starts_from_where_the_store_is_now(
    way: str, foundry: Foundry, project: Path, provisioner: Command
) -> None:
    for options in (SECOND, FIRST, SECOND):
        edit(project, options)
        applied = provisioner("apply", "--yes")
        assert applied.code == 0, applied.out + applied.err
        (store,) = stores(foundry)
        assert (store == STORE) == (way == IN_PLACE or options == FIRST) or way == SIDE_BY_SIDE
        assert remembered(foundry, store) == all_of_it()
        assert store_of_agent(foundry) == store


def test_the_manifest_goes_on_by_its_key(way: str, foundry: Foundry, project: Path, provisioner: Command) -> None:
    assert provisioner("apply", "--yes").code == 0
    (store,) = stores(foundry)
    one = json.loads(provisioner("plan", "--format", "json", "--target", f"stores/{STORE}").out)
    assert not one["changes"]
    exported = provisioner("export", "--out", "exported.yaml")
    assert exported.code == 0
    text = (project / "exported.yaml").read_text(encoding="utf-8")
    assert f"  {STORE}:" in text
    assert way == IN_PLACE or store not in text
    assert provisioner("plan", "-f", "exported.yaml", "--detailed-exitcode").code == 0
    assert provisioner("destroy", "--yes", "--allow-data-loss", f"stores/{STORE}").code == 0
    assert stores(foundry) == []
