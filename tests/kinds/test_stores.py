from __future__ import annotations

from typing import Any

import pytest
from hypothesis import strategies as st

from provisioner.kinds.store import StoreKind
from provisioner.model.address import Address
from provisioner.model.errors import PlaneError
from provisioner.model.resource import OnRemove
from tests.kinds.applying import Call, want
from tests.kinds.live_service import ANSWER, REQUEST, LiveService, Lost
from tests.kinds.samples import MODELS, Entry, Samples, labels, texts, with_

ENTRY: dict[str, Any] = {
    "description": "Preferences.",
    "chat_model": "gpt",
    "embedding_model": "embed",
    "options": {"user_profile_enabled": True, "user_profile_details": "Languages."},
    "metadata": {"team": "blue"},
}
MEMORY = ("MemoryStores=V1Preview",)
DEFAULTS = {
    "user_profile_enabled": True,
    "chat_summary_enabled": True,
    "procedural_memory_enabled": True,
    "default_ttl_seconds": 0,
}


@pytest.fixture
def service(live: LiveService) -> LiveService:
    live.management = None
    return live


def shown(service: LiveService) -> list[Any]:
    return list(service.project.plane.items("memory_stores", features=MEMORY))


def edited(service: LiveService, **changes: Any) -> None:
    """As somebody in the portal does it."""
    (now,) = shown(service)
    kept = {"description": now["description"], "metadata": now["metadata"]}
    service.project.plane.post("memory_stores/prefs", {**kept, **changes}, features=MEMORY)


def labelled(service: LiveService) -> None:
    (now,) = shown(service)
    edited(service, metadata={**now["metadata"], "theirs": "kept"})


def store(**more: Any) -> Any:
    return want("stores", "prefs", {**ENTRY, **more})


def marks(call: Call) -> dict[str, str]:
    return {key: value for key, value in call.body["metadata"].items() if key.startswith("provisioner-")}


def test_a_store_is_created_with_every_option_spelt_out(service: LiveService) -> None:
    assert service.apply(store()) == ["create prefs"]
    (call,) = service.project.writes
    assert (call.method, call.path, call.features) == ("POST", "memory_stores", MEMORY)
    assert call.body["definition"] == {
        "kind": "default",
        "chat_model": "gpt",
        "embedding_model": "embed",
        "options": {**DEFAULTS, "user_profile_details": "Languages."},
    }
    assert (call.body["name"], call.body["description"]) == ("prefs", "Preferences.")
    assert call.body["metadata"] == {"team": "blue", **marks(call)}
    assert marks(call)["provisioner-owner"] == "dev-buddy"
    assert service.apply(store()) == []


def test_the_barest_store_sends_no_empty_details(service: LiveService) -> None:
    service.apply(want("stores", "prefs", {"chat_model": "gpt", "embedding_model": "embed"}))
    (call,) = service.project.writes
    assert call.body["definition"]["options"] == DEFAULTS
    assert "description" not in call.body


def test_description_and_metadata_change_in_place(service: LiveService) -> None:
    service.apply(store())
    labelled(service)
    assert service.apply(store(description="New.", metadata={"team": "red"})) == ["update prefs"]
    (call,) = service.project.writes
    assert (call.method, call.path, call.features) == ("POST", "memory_stores/prefs", MEMORY)
    assert call.body == {"description": "New.", "metadata": {"team": "red", "theirs": "kept", **marks(call)}}


@pytest.mark.parametrize("empty", [{}, {"description": "", "metadata": {}}], ids=["left out", "empty"])
def test_a_description_that_goes_is_cleared(service: LiveService, empty: dict[str, Any]) -> None:
    service.apply(store())
    bare = {key: value for key, value in ENTRY.items() if key not in ("description", "metadata")}
    assert service.apply(want("stores", "prefs", {**bare, **empty})) == ["update prefs"]
    (call,) = service.project.writes
    assert call.body == {"description": "", "metadata": marks(call)}


def test_empty_means_absent_where_the_service_does_not_tell_them_apart(service: LiveService) -> None:
    assert service.apply(store(description="", metadata={}, options={})) == ["create prefs"]
    assert service.apply(store(description="", metadata={}, options={})) == []


def test_another_model_makes_a_new_store(service: LiveService) -> None:
    service.apply(store())
    labelled(service)
    assert service.apply(store(chat_model="other")) == ["replace prefs"]
    first, second = service.project.writes
    assert first == Call("DELETE", "memory_stores/prefs", None, MEMORY)
    assert second.body["definition"]["chat_model"] == "other"
    assert second.body["metadata"]["theirs"] == "kept"


def test_a_store_is_deleted_with_the_opt_in_of_its_preview(service: LiveService) -> None:
    service.apply(store())
    assert service.apply({}) == ["delete prefs"]
    assert service.project.writes == [Call("DELETE", "memory_stores/prefs", None, MEMORY)]


def test_an_existing_store_is_adopted_by_its_marker_alone(service: LiveService) -> None:
    service.apply(store())
    edited(service, metadata={"team": "blue"})
    assert service.apply(store()) == ["adopt prefs"]
    (call,) = service.project.writes
    assert call.path == "memory_stores/prefs"
    assert marks(call)["provisioner-owner"] == "dev-buddy"


def test_a_released_store_keeps_all_but_the_marker(service: LiveService) -> None:
    service.apply(want("stores", "prefs", ENTRY, on_remove=OnRemove.KEEP))
    assert service.apply({}) == ["release prefs"]
    (call,) = service.project.writes
    assert call.body == {"description": "Preferences.", "metadata": {"team": "blue"}}
    (live,) = service.live().values()
    assert live.marker is None


def test_names_are_escaped_in_urls(service: LiveService) -> None:
    desired = want("stores", "a b&c", {**ENTRY})
    service.apply(desired)
    service.apply({})
    assert service.project.writes[0].path == "memory_stores/a%20b%26c"
    assert shown(service) == []


def test_a_create_whose_answer_was_lost_is_looked_up_and_not_repeated(service: LiveService) -> None:
    service.lose(ANSWER)
    service.apply(store())
    assert len(service.foundry.requests("POST")) == 1


def test_a_create_that_never_arrived_is_sent_again(service: LiveService) -> None:
    service.lose(REQUEST)
    service.apply(store())
    assert len(service.foundry.requests("POST")) == 2


def test_a_store_that_somebody_else_made_meanwhile_is_not_taken_for_ours(service: LiveService) -> None:
    plan = service.plan(store())
    service.apply(want("stores", "prefs", ENTRY), owner="somebody-else")
    service.lose(REQUEST)
    with pytest.raises(PlaneError, match="changed since the plan was made"):
        StoreKind().create(service, plan.changes[0])


@pytest.mark.parametrize(("lost", "sent"), [(ANSWER, 1), (REQUEST, 2)])
def test_an_update_is_sent_again_only_when_it_never_arrived(service: LiveService, lost: Lost, sent: int) -> None:
    service.apply(store())
    service.lose(lost)
    service.foundry.forget_requests()
    service.apply(store(description="New."))
    assert len(service.foundry.requests("POST")) == sent


@pytest.mark.parametrize("gone", [False, True], ids=["changed", "gone"])
def test_an_update_is_not_sent_again_over_somebody_elses(service: LiveService, *, gone: bool) -> None:
    service.apply(store())
    (change,) = service.plan(store(description="New.")).changes
    edited(service, description="Theirs.")
    if gone:
        service.project.plane.delete("memory_stores/prefs", features=MEMORY, is_gone=lambda: True)
    service.lose(REQUEST)
    with pytest.raises(PlaneError, match="changed since the plan was made"):
        StoreKind().update(service, change)
    assert [it["description"] for it in shown(service)] == ([] if gone else ["Theirs."])


def test_one_store_reads_as_the_list_shows_it(service: LiveService) -> None:
    service.apply(store())
    (listed,) = StoreKind().list(service)
    assert StoreKind().read(service, listed.address) == listed
    assert StoreKind().read(service, Address("stores", "other")) is None


def test_one_list_tells_all_about_stores(service: LiveService) -> None:
    service.apply(store())
    service.forget()
    kind = StoreKind()
    (live,) = kind.list(service)
    (wanted,) = store().values()
    assert service.project.reads == ["memory_stores"]
    assert not kind.is_unclear(wanted, live)
    assert kind.inspect(service, wanted, live) is live
    assert live.revision == str(shown(service)[0]["updated_at"])
    assert live.needs == {Address("deployments", "gpt"), Address("deployments", "embed")}


def test_a_store_that_says_little_is_read_all_the_same(service: LiveService) -> None:
    models = {"chat_model": "c", "embedding_model": "e"}
    little = {"name": "x", "definition": models, "metadata": None, "description": None}
    service.foundry.fault({"method": "GET", "path": "*/memory_stores"}, {"set": {"/data": [little]}})
    (live,) = service.live().values()
    assert (live.fields, live.marker, live.revision) == (
        models, None, ""
    )  # fmt: skip


def test_a_store_refers_to_its_models_by_what_it_wants_of_them() -> None:
    references = {it.path: (it.target.name, it.wants) for it in StoreKind().references(ENTRY)}
    assert references == {("chat_model",): ("gpt", "chat"), ("embedding_model",): ("embed", "embedding")}
    assert list(StoreKind().references({"chat_model": 5})) == []
    assert StoreKind().provides(ENTRY) is None


def test_the_marker_needs_room_among_the_metadata() -> None:
    kind = StoreKind()
    assert list(kind.check("x", {"metadata": {str(index): "" for index in range(13)}})) == []
    (finding,) = kind.check("x", {"metadata": {str(index): "" for index in range(14)}})
    assert (finding.code, finding.path) == ("metadata-limit", ("metadata",))
    (finding,) = kind.check("x", {"metadata": {"provisioner-owner": "me"}})
    assert (finding.code, finding.path) == ("reserved-name", ("metadata", "provisioner-owner"))
    assert list(kind.check("x", {})) == []


FULL: tuple[Entry, ...] = (
    {
        "description": "x",
        "chat_model": "gpt",
        "embedding_model": "embed",
        "options": {"user_profile_details": "y", "chat_summary_enabled": False, "default_ttl_seconds": 60},
        "metadata": {"team": "blue"},
    },
    {"chat_model": "gpt", "embedding_model": "embed"},
)
DRAWN: st.SearchStrategy[Entry] = with_(
    {"chat_model": st.just("chat"), "embedding_model": st.just("embed")},
    description=texts,
    metadata=labels,
    kind=st.just("default"),
    options=with_(
        {},
        user_profile_enabled=st.booleans(),
        user_profile_details=texts,
        chat_summary_enabled=st.booleans(),
        procedural_memory_enabled=st.booleans(),
        default_ttl_seconds=st.integers(0, 3),
    ),
)
SAMPLES = Samples(
    section="stores",
    settable="""
        description metadata.x kind chat_model embedding_model options.user_profile_enabled
        options.user_profile_details options.chat_summary_enabled options.procedural_memory_enabled
        options.default_ttl_seconds scopes
    """,
    read_only="id object name created_at updated_at definition",
    full=FULL,
    names=(["a", "prefs_1.2", "é", "...", ".a"], ["", "a/b", "a b", "a:b", "a?b", ".", "..", "x" * 257]),
    refused={
        "no embedding model": {"chat_model": "a"},
        "negative time": {**FULL[1], "options": {"default_ttl_seconds": -1}},
        "unknown kind of store": {**FULL[1], "kind": "other"},
    },
    drawn=DRAWN,
    beside=MODELS,
)
