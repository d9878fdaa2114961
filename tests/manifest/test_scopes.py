"""Whose memories a store holds, and what becomes of them when it must be replaced."""

from __future__ import annotations

from pathlib import Path

import pytest

from provisioner.model.address import Address
from provisioner.model.resource import OnReplace
from provisioner.model.scopes import declared_scopes
from tests.manifest.manifests import HEAD, MODELS, brief, full, load_text, manifest_of

STORE = "stores:\n  prefs:\n    chat_model: gpt\n    embedding_model: emb\n"


def with_store(*lines: str) -> str:
    return HEAD + MODELS + STORE + "".join(f"    {line}\n" for line in lines)


def scopes_of(tmp_path: Path, *lines: str) -> tuple[str, ...]:
    desired = manifest_of(load_text(tmp_path, with_store(*lines))).resources[Address("stores", "prefs")]
    assert "scopes" not in desired.fields
    return declared_scopes(desired.entry or {})


@pytest.mark.parametrize(
    ("said", "scopes"),
    [
        ("[ann, bob@example.com, ann]", ("ann", "bob@example.com")),
        ("{file: scopes.txt}", ("carol", "dave")),
        ("[ann, {file: scopes.txt}, dave]", ("ann", "carol", "dave")),
        ("ann", ("ann",)),
        ("[]", ()),
    ],
)
def test_scopes_are_names_files_of_names_or_both(said: str, scopes: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "scopes.txt").write_text("# people\n\ncarol  # from sales\r\n  dave\t\n", encoding="utf-8")

    assert scopes_of(tmp_path, f"scopes: {said}") == scopes


def test_scopes_may_come_from_variables(tmp_path: Path) -> None:
    declared = "variables: {people: {type: list, default: [ann, bob]}, one: {default: carol}}\n"
    text = declared + with_store("scopes: ${var.people}")
    desired = manifest_of(load_text(tmp_path, text)).resources[Address("stores", "prefs")]
    assert declared_scopes(desired.entry or {}) == ("ann", "bob")

    text = declared + with_store('scopes: ["${var.one}"]')
    desired = manifest_of(load_text(tmp_path, text, variables=[("one", "dave")])).resources[Address("stores", "prefs")]
    assert declared_scopes(desired.entry or {}) == ("dave",)


def test_an_environment_has_scopes_of_its_own(tmp_path: Path) -> None:
    laid_over = "environments:\n  prod: {stores: {prefs: {scopes: {file: prod.txt}}}}\n  dev:\n"
    (tmp_path / "prod.txt").write_text("pat\n", encoding="utf-8")
    text = laid_over + with_store("scopes: [ann]")

    for environment, scopes in (("prod", ("pat",)), ("dev", ("ann",))):
        loaded = manifest_of(load_text(tmp_path, text, environment=environment))
        assert declared_scopes(loaded.resources[Address("stores", "prefs")].entry or {}) == scopes


def test_a_scope_that_the_service_refuses_is_told_at_its_place_without_its_name(tmp_path: Path) -> None:
    (tmp_path / "scopes.txt").write_text("carol\n\nuser 7#1\n", encoding="utf-8")

    loaded = load_text(tmp_path, with_store("scopes: [ann, 'user:12', {file: scopes.txt}]"))

    assert brief(loaded) == ["m.yaml:11:19 bad-scope", "m.yaml:11:30 bad-scope"]
    assert 'A scope holds ":", which the service takes in no scope.' in full(loaded)
    assert 'A scope on line 3 holds " " and "#", which the service takes in no scope.' in full(loaded)
    assert "user" not in full(loaded)


def test_more_scopes_than_a_store_can_have_are_a_warning(tmp_path: Path) -> None:
    (tmp_path / "scopes.txt").write_text("\n".join(f"user{number}" for number in range(101)), encoding="utf-8")

    loaded = load_text(tmp_path, with_store("scopes: {file: scopes.txt}"))

    assert brief(loaded) == ["m.yaml:11:13 many-scopes"]
    assert loaded.manifest is not None


def test_a_manifest_runs_no_command_for_scopes(tmp_path: Path) -> None:
    loaded = load_text(tmp_path, with_store("scopes: {command: [ls]}"))

    assert "A manifest runs nothing." in full(loaded)
    assert loaded.manifest is None


def test_a_file_of_scopes_lies_in_the_manifests_folder(tmp_path: Path) -> None:
    loaded = load_text(tmp_path, with_store("scopes: [{file: ../people.txt}]"))

    assert "bad-path" in full(loaded)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("{}", OnReplace.REFUSE),
        ("{on_replace: refuse}", OnReplace.REFUSE),
        ("{on_replace: recreate}", OnReplace.RECREATE),
        ("{on_replace: migrate}", OnReplace.MIGRATE),
        ("{on_replace: {migrate: in_place}}", OnReplace.MIGRATE),
        ("{on_replace: {migrate: side_by_side}}", OnReplace.SIDE_BY_SIDE),
    ],
)
def test_a_store_says_what_becomes_of_its_memories(said: str, meant: OnReplace, tmp_path: Path) -> None:
    loaded = manifest_of(load_text(tmp_path, with_store(f"lifecycle: {said}")))

    assert loaded.resources[Address("stores", "prefs")].lifecycle.on_replace is meant


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("migarte", 'Did you mean "migrate"?'),
        ("side_by_side", "Allowed: refuse, recreate or migrate."),
        ("{migrate: sideways}", "Allowed: in_place or side_by_side."),
        ("{}", "lacks `migrate`"),
        ("4", "must be text or a mapping"),
    ],
)
def test_another_way_to_replace_is_told(said: str, told: str, tmp_path: Path) -> None:
    assert told in full(load_text(tmp_path, with_store(f"lifecycle: {{on_replace: {said}}}")))


def test_only_what_holds_memories_says_what_becomes_of_them(tmp_path: Path) -> None:
    text = HEAD + MODELS.replace("{name: Standard}}", "{name: Standard}, lifecycle: {on_replace: migrate}}")

    loaded = load_text(tmp_path, text)

    assert {each.code for each in loaded.diagnostics} == {"unknown-key"}
    assert "Remove it: nothing of a model deployment is lost." in full(loaded)
