"""What is asked of the service, how often, and that no odd answer refuses anything."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from provisioner.cli.planning import planned
from provisioner.cli.preflight import Preflight
from provisioner.model.caller import Caller
from provisioner.model.plan import Plan
from provisioner.planes.credentials import caller_in
from provisioner.planes.service import Planes
from provisioner.preflight import reading
from provisioner.preflight.cache import Cache, Place
from provisioner.preflight.facts import Catalogue, Unknown
from provisioner.preflight.settings import Settings
from tests.planes.world import Foundry
from tests.preflight.worlds import ALLOW, applied, deployment, manifest, model

ONE = "deployments:\n" + deployment("chat", model="gpt-5.4-mini", version="2026-03-17")
PLACE = Place(host="h", tenant="t", subscription="s", region="r", account="/a")
FEW = Catalogue((model(retires=None), model("gpt-y")))


PAGES = 2  # of the list of models


def asked(near: Foundry) -> dict[str, int]:
    """How often each list was read that is read for these checks alone."""
    names = [it["path"].rpartition("/")[2] for it in near.admin.requests("GET")]
    kinds = ("local-foundry", "local", "models", "usages", "permissions", "roleAssignments")
    return {name: names.count(name) for name in kinds if name in names}


def plan_of(planes: Planes, text: str, preflight: Preflight | None = None) -> Plan:
    return planned(manifest(text), planes, ALLOW, preflight or Preflight(), parallelism=10)


# -- how often


def test_a_plan_with_changes_asks_once_for_the_account_its_models_and_its_usages(near: Foundry, planes: Planes) -> None:
    near.admin.forget_requests()
    assert plan_of(planes, ONE).refusals == ()

    assert asked(near) == {"local-foundry": 1, "models": PAGES, "usages": 1, "permissions": 1, "roleAssignments": 1}
    last = [it["path"].rpartition("/")[2] for it in near.admin.requests("GET")][-4 - PAGES + 1 :]
    assert sorted({*last}) == ["models", "permissions", "roleAssignments", "usages"]  # one round trip after all others


def test_a_plan_without_changes_asks_for_no_quota_and_for_models_once_in_a_while(
    near: Foundry, planes: Planes, tmp_path: Path
) -> None:
    applied(plan_of(planes, ONE), planes, near)
    now, told = [1e9], list[str]()
    preflight = Preflight(cache=Cache(tmp_path, told.append, now=lambda: now[0]))

    def reads() -> dict[str, int]:
        near.admin.forget_requests()
        assert plan_of(planes, ONE, preflight).is_empty
        return asked(near)

    assert reads() == {"local-foundry": 1, "models": PAGES}
    assert reads() == {"local-foundry": 1}
    now[0] += 601
    assert reads() == {"local-foundry": 1, "models": PAGES}
    assert told == []


WHOLE = """
connections:
  web: {category: ApiKey, auth_type: None, target: https://a.example}
deployments:
  chat: {model: {format: OpenAI, name: gpt-5.4-mini}, sku: {name: GlobalStandard, capacity: 1}}
  embed: {model: {format: OpenAI, name: text-embedding-3-large}, sku: {name: GlobalStandard, capacity: 1}}
stores:
  memory: {chat_model: chat, embedding_model: embed}
agents:
  buddy: {model: chat, tools: [{type: memory_search_preview, memory_store_name: memory, scope: me}]}
"""


def test_rights_are_asked_side_by_side_once_a_plane_and_only_where_something_changes(
    near: Foundry, planes: Planes
) -> None:
    near.admin.forget_requests()
    applied(plan_of(planes, WHOLE), planes, near)
    lists = asked(near)
    assert lists == {
        "local-foundry": 1,
        "local": 1,
        "models": PAGES,
        "usages": 1,
        "permissions": 2,  # on the account and on the project
        "roleAssignments": 2,  # of the caller and of the project's identity
    }
    names = [it["path"].rpartition("/")[2] for it in near.admin.requests("GET")]
    looked = names[: names.index("usages")] if "usages" in names else []
    assert looked.index("local") < min(map(names.index, ("models", "permissions", "roleAssignments")))

    near.admin.forget_requests()
    assert plan_of(planes, WHOLE).is_empty
    assert asked(near) == {"local-foundry": 1, "local": 1, "models": PAGES}

    near.admin.forget_requests()
    assert not plan_of(planes, WHOLE.replace("https://a.", "https://b.")).is_empty
    changed = asked(near)
    assert (changed["permissions"], changed["roleAssignments"], changed.get("usages")) == (1, 1, None)


def test_nothing_is_asked_for_checks_that_are_left_out(near: Foundry, planes: Planes) -> None:
    every = Settings(skip=frozenset({"quota", "catalogue", "lifecycle", "replace", "references", "limits", "rights"}))
    near.admin.forget_requests()
    plan_of(planes, ONE, Preflight(settings=every))
    assert asked(near) == {}

    plan_of(planes, "agents:\n  buddy: {model: gateway/gpt}\n")
    assert asked(near) == {"permissions": 1, "roleAssignments": 1}


# -- odd answers


@pytest.mark.parametrize("path", ["*/models", "*/usages", "*/accounts/local-foundry"])
@pytest.mark.parametrize(
    "do",
    [
        {"status": 403, "body": {"error": {"code": "AuthorizationFailed", "message": "The client has no role."}}},
        {"status": 200, "body": "<html>Please sign in</html>", "headers": {"content-type": "text/html"}},
        {"status": 200, "body": {"value": [{"model": 3}, {"name": {"value": 4}}, {}]}},
        {"status": 200, "body": {"value": "none"}},
        {"status": 404},
    ],
    ids=["forbidden", "html", "odd-entries", "no-list", "missing"],
)
def test_an_odd_answer_is_a_note_and_no_refusal(near: Foundry, planes: Planes, path: str, do: dict[str, Any]) -> None:
    near.admin.fault("GET", path, times=None, **do)
    try:
        plan = plan_of(planes, ONE)
    finally:
        near.admin.client.delete("/_emulator/faults").raise_for_status()

    assert plan.refusals == ()
    assert {it.code for it in plan.notes} & {"not-read", "quota-unknown"}


def test_a_catalogue_of_five_megabytes_is_read_like_any_other(near: Foundry, planes: Planes) -> None:
    near.admin.fault("GET", "*/models", size_bytes=5_000_000)
    assert planes.management is not None
    assert isinstance(reading.catalogue(planes.management), Catalogue)
    near.admin.fault("GET", "*/models", size_bytes=40_000_000)
    found = reading.catalogue(planes.management)
    assert isinstance(found, Unknown)
    assert "more than 32 MB" in found.why


def test_usages_that_are_null_are_notes(near: Foundry, planes: Planes) -> None:
    empty = {"name": {"value": "OpenAI.GlobalStandard.gpt-5.4-mini"}, "currentValue": None, "limit": None}
    near.admin.fault("GET", "*/usages", status=200, body={"value": [empty]})

    plan = plan_of(planes, ONE)
    assert plan.refusals == ()
    (told,) = plan.notes
    assert "does not say how much of OpenAI.GlobalStandard.gpt-5.4-mini is left" in told.message


@pytest.mark.parametrize(("unit", "refused"), [("Count", 1), (None, 1), ("Percent", 0), (7, 1)])
def test_what_is_counted_in_another_unit_refuses_nothing(
    near: Foundry, planes: Planes, unit: object, refused: int
) -> None:
    usage = {"name": {"value": "OpenAI.GlobalStandard.gpt-5.4-mini"}, "currentValue": 99, "limit": 100, "unit": unit}
    near.admin.fault("GET", "*/usages", status=200, body={"value": [usage]})

    assert len(plan_of(planes, ONE).refusals) == refused


def test_who_may_not_see_the_quota_is_told_which_role_shows_it(near: Foundry, planes: Planes) -> None:
    body = {"error": {"code": "AuthorizationFailed", "message": "The client has no role."}}
    near.admin.fault("GET", "*/usages", status=403, body=body)
    assert planes.management is not None

    found = reading.usages(planes.management, "eastus2")

    assert isinstance(found, Unknown)
    assert found.why.endswith("It takes the role Cognitive Services Usages Reader on the subscription.")


def test_amounts_that_are_allowed_come_back_whole_from_where_they_are_kept(tmp_path: Path) -> None:
    sku = {"name": "GlobalStandard", "capacity": {"allowedValues": [10.0, None, "x", 20]}}
    found = Catalogue(tuple(reading.models_in([{"format": "OpenAI", "name": "m", "version": "1", "skus": [sku]}])))
    cache, told = kept(tmp_path)
    cache.keep(PLACE, found)

    assert found.models[0].skus[0].capacity.allowed == (10, 20)
    assert (cache.get(PLACE), told) == (found, [])


def test_entries_of_two_kinds_of_account_and_skus_of_two_scopes_are_one_model() -> None:
    sku = {"name": "GlobalStandard", "usageName": "u", "scope": "Base", "capacity": {"maximum": 9.0, "default": None}}
    tuned = {**sku, "scope": "FineTune", "name": "DeveloperTier"}
    base = {"format": "OpenAI", "name": "m", "version": "1"}
    entries = [
        {"kind": "OpenAI", "model": {**base, "skus": [tuned, sku]}},
        {"kind": "AIServices", "model": {**base, "skus": [{**sku, "name": "Standard"}]}},
    ]

    (found,) = reading.models_in(entries)

    assert [it.name for it in found.skus] == ["GlobalStandard", "Standard"]
    assert (found.skus[0].usage, found.skus[0].capacity.maximum) == ("u", 9)


def test_what_one_kind_of_account_can_still_have_is_not_retired_for_another() -> None:
    sku = {"name": "GlobalStandard", "usageName": "u"}
    base = {"format": "OpenAI", "name": "m", "version": "1"}
    gone = {"kind": "OpenAI", "model": {**base, "lifecycleStatus": "Deprecated", "skus": [sku]}}
    lives = {"kind": "AIServices", "model": {**base, "lifecycleStatus": "GenerallyAvailable", "isDefaultVersion": True}}

    for entries in ([gone, lives], [lives, gone]):
        (found,) = reading.models_in(entries)
        assert (found.lifecycle, found.is_default) == ("GenerallyAvailable", True)
        assert [it.name for it in found.skus] == ["GlobalStandard"]


# -- the kept catalogue


def kept(folder: Path) -> tuple[Cache, list[str]]:
    told = list[str]()
    return Cache(folder, told.append, now=lambda: 1e9), told


def test_what_was_kept_comes_back_as_it_was_and_for_its_place_alone(tmp_path: Path) -> None:
    cache, told = kept(tmp_path / "deep" / "folder")
    cache.keep(PLACE, FEW)

    assert cache.get(PLACE) == FEW
    for other in ("host", "tenant", "subscription", "region", "account"):
        parts = {key: getattr(PLACE, key) for key in ("host", "tenant", "subscription", "region", "account")}
        assert cache.get(Place(**{**parts, other: "another"})) is None
    assert told == []


def test_the_real_catalogue_survives_being_kept(planes: Planes, tmp_path: Path) -> None:
    assert planes.management is not None
    found = reading.catalogue(planes.management)
    assert isinstance(found, Catalogue)
    cache, _ = kept(tmp_path)
    cache.keep(PLACE, found)

    assert cache.get(PLACE) == found


def _foreign(file: Path) -> None:
    file.write_text(file.read_text(encoding="utf-8").replace('"place": "h', '"place": "elsewhere'), encoding="utf-8")


def _of_others(file: Path) -> None:
    file.chmod(0o666)


def _linked(file: Path) -> None:
    file.rename(file.with_suffix(".moved"))
    file.symlink_to(file.with_suffix(".moved"))


@pytest.mark.parametrize(
    "broken",
    [
        lambda file: file.write_text("{", encoding="utf-8"),
        lambda file: file.write_text("[1]", encoding="utf-8"),
        lambda file: file.write_text("[" * 100_000, encoding="utf-8"),
        lambda file: file.write_bytes(b"\xff\xfe"),
        lambda file: file.write_text(re.sub('"at": [0-9.]+', f'"at": {10**400}', file.read_text(encoding="utf-8"))),
        lambda file: file.write_text(file.read_text().replace('"capacity": {', '"capacity": 3, "y": {')),
        lambda file: file.write_text(file.read_text().replace('"usage": "', '"usage": 3, "x": "')),
        _foreign,
        pytest.param(_of_others, marks=pytest.mark.skipif(os.name == "nt", reason="modes are POSIX")),
        pytest.param(_linked, marks=pytest.mark.skipif(os.name == "nt", reason="links need a right there")),
    ],
)
def test_a_broken_or_foreign_file_is_passed_over_with_a_note(tmp_path: Path, broken: Callable[[Path], object]) -> None:
    cache, told = kept(tmp_path)
    cache.keep(PLACE, FEW)
    broken(cache.file(PLACE))

    assert cache.get(PLACE) is None
    assert "is passed over" in "".join(told)
    assert len(told) == 1


@pytest.mark.skipif(os.name == "nt", reason="modes are POSIX")
def test_it_is_kept_for_this_user_alone(tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    cache, _ = kept(folder)
    cache.keep(PLACE, FEW)

    assert [file.stat().st_mode & 0o777 for file in (folder, *folder.iterdir())] == [0o700, 0o600]


def test_a_folder_that_cannot_be_written_is_a_note(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    cache, told = kept(tmp_path / "file")
    cache.keep(PLACE, FEW)

    assert cache.get(PLACE) is None
    assert "is not kept" in told[0]


def test_what_was_kept_in_the_future_is_not_believed(tmp_path: Path) -> None:
    Cache(tmp_path, print, now=lambda: 1e9 + 5).keep(PLACE, FEW)

    assert Cache(tmp_path, print, now=lambda: 1e9).get(PLACE) is None


def test_the_tenant_is_read_from_the_token_where_it_can_be(planes: Planes) -> None:
    assert planes.management is not None
    assert planes.management.caller.tenant
    assert planes.management.host.startswith("127.0.0.1:")
    for token in ("", "a.b", "a.!!.c", "a.e30.c", "a.W10.c", "secret-1"):
        assert caller_in(token) == Caller()
