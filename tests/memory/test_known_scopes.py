"""Who names the scopes of a store, as the service does not."""

from __future__ import annotations

from typing import Any

from provisioner.memory.scopes import known_scopes, longest_delay_s
from provisioner.model.address import Address
from provisioner.model.resource import Live


def agent(*tools: dict[str, Any], name: str = "buddy") -> Live:
    return Live(address=Address("agents", name), fields={"tools": list(tools)})


def searching(scope: str, *, store: str = "prefs", **more: Any) -> dict[str, Any]:
    return {"type": "memory_search_preview", "memory_store_name": store, "scope": scope, **more}


def test_scopes_of_all_places_are_united_and_each_place_is_counted() -> None:
    found = known_scopes(
        ("prefs",),
        declared=("carol", "ann"),
        live=[agent(searching("ann"), searching("blue")), agent(searching("blue"), name="other")],
        given={"file": ("dave", "ann"), "export": ()},
    )

    assert found.names == ("ann", "blue", "carol", "dave")
    assert found.origins == {"manifest": 2, "agents": 2, "file": 2}
    assert len(found) == 4


def test_agents_name_a_scope_where_it_is_literal_and_of_this_store() -> None:
    live = [
        agent(
            searching("{{$userId}}"),
            searching("team_{{name}}"),
            searching("theirs", store="another"),
            searching("a:b"),  # nothing can be held there
            {**searching("old"), "type": "memory_search"},
            {"type": "function", "name": "f", "memory_store_name": "prefs", "scope": "none"},
        ),
        Live(address=Address("agents", "odd"), fields={"tools": "none"}),
        Live(address=Address("stores", "prefs"), fields={"tools": [searching("not_an_agent")]}),
    ]

    assert known_scopes(("prefs",), live=live).names == ("old",)


def test_without_anybody_who_names_one_none_is_known() -> None:
    assert not known_scopes(("prefs",))


def test_the_longest_delay_of_whoever_uses_the_store_is_waited_for() -> None:
    live = [agent(searching("a", update_delay=1), searching("b", update_delay=20))]

    assert longest_delay_s(("prefs",), live) == 20
    assert longest_delay_s(("prefs",), [agent(searching("a"))]) == 300
    assert longest_delay_s(("another",), live) == 0
