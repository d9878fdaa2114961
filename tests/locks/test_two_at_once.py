"""Two applies at once, in processes of their own, in every order that their requests can take.

With a lock they never interleave. Without one, no version is made twice, no edit is lost unseen, and who comes second
says so. `SWEEP=all python -m pytest tests/locks/test_two_at_once.py` draws two hundred orders of each.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any, Final

import pytest

from tests.foundry import EXAMPLE, Foundry, Result
from tests.locks.racing import PLAYERS, Gate, Run, Stable, can_race, gate_before, player_of, race
from tests.locks.storage import CONTAINER, Storage
from tests.whole import IS_WHOLE

pytestmark = [pytest.mark.untraced, pytest.mark.skipif(not can_race(), reason="Windows forks no processes")]

EACH = 67 if IS_WHOLE else 1  # of each of the three races below: 201 in all
OF_THE_RUN: Final = ("HOME", "PATH", "TMPDIR", "IDENTITY_HEADER", "IDENTITY_ENDPOINT", "AZURE_TOKEN_CREDENTIALS")


@pytest.fixture(scope="session")
def _gate(_running: Foundry, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gate]:
    upstream = _running.env["PROVISIONER_MANAGEMENT_ENDPOINT"]
    with gate_before(upstream, _running.ca_file, tmp_path_factory.mktemp("gate")) as gate:
        yield gate


@pytest.fixture(scope="session")
def _stables() -> Iterator[tuple[Stable, ...]]:
    stables = tuple(Stable() for _ in PLAYERS)
    yield stables
    for stable in stables:
        stable.close()


class Stage:
    """A Foundry behind the gate, and manifests for two."""

    def __init__(
        self, gate: Gate, stables: tuple[Stable, ...], foundry: Foundry, storage: Storage, folder: Path
    ) -> None:
        self.gate = gate
        self._stables = stables
        self.foundry = foundry
        self._storage = storage
        self._folder = folder
        upstream = foundry.env["PROVISIONER_MANAGEMENT_ENDPOINT"]
        self._env = {
            **{name: os.environ[name] for name in OF_THE_RUN if name in os.environ},
            **{name: value.replace(upstream, gate.url) for name, value in foundry.env.items()},
            "SSL_CERT_FILE": gate.ca_file,
            "REQUESTS_CA_BUNDLE": storage.ca_file,
            "CURL_CA_BUNDLE": foundry.ca_file,
        }

    def race(self, seed: int, *says: str, locked: bool) -> list[Result]:
        """Each manifest with these instructions."""
        storage = self._storage
        storage.turn = lambda token: self.gate.turns.turn(player_of(token))
        files = []
        for number, said in enumerate(says):
            file = self._folder / f"{number}" / "stores.yaml"
            file.parent.mkdir(exist_ok=True)
            lock = (
                f"\nlock:\n  azure_blob: {{account_url: '{storage.url}', container: {CONTAINER}}}\n" if locked else ""
            )
            file.write_text(EXAMPLE.replace("You work", f"{said}You work") + lock, encoding="utf-8")
            files.append(file)
        return race(self.gate, self._stables, [Run(file=file, env=self._env) for file in files], seed)

    @property
    def versions(self) -> list[str]:
        """What the agent's versions say, oldest first."""
        found: list[dict[str, Any]] = self.foundry.versions("dev-buddy")
        return [str(it["definition"]["instructions"]).partition("You work")[0] for it in found]

    @property
    def players(self) -> list[str]:
        """Who was served, each time that it changes."""
        return [player for player, _ in groupby(player for player, _, _ in self.gate.passed)]

    @property
    def writers(self) -> list[str]:
        writes = [player for player, method, _ in self.gate.passed if method != "GET"]
        return [player for player, _ in groupby(writes)]


@pytest.fixture
def stage(_gate: Gate, _stables: tuple[Stable, ...], foundry: Foundry, storage: Storage, tmp_path: Path) -> Stage:
    return Stage(_gate, _stables, foundry, storage, tmp_path)


def conflicts(result: Result) -> set[str]:
    outcomes = result.events[-1].get("outcomes") or []
    return {it["failure"]["code"] for it in outcomes if it.get("failure")}


def done(result: Result) -> bool:
    return result.code == 0


@pytest.mark.parametrize("seed", range(EACH))
@pytest.mark.parametrize("live", ["nothing", "an earlier state"])
def test_with_a_lock_one_manifest_is_applied_by_one_and_then_looked_at_by_the_other(
    stage: Stage, live: str, seed: int
) -> None:
    if live != "nothing":
        stage.race(seed, "Before. ", locked=True)

    first, second = stage.race(seed, "Now. ", "Now. ", locked=True)

    assert (first.code, second.code) == (0, 0), (first, second)
    assert len(stage.players) == 2
    assert len(stage.writers) == 1
    assert stage.versions == (["Now. "] if live == "nothing" else ["Before. ", "Now. "])


@pytest.mark.parametrize("seed", range(EACH))
def test_with_a_lock_two_edits_are_made_one_after_the_other(stage: Stage, seed: int) -> None:
    stage.race(seed, "Before. ", locked=True)

    results = stage.race(seed, "A. ", "B. ", locked=True)

    assert [it.code for it in results] == [0, 0], results
    order = [PLAYERS.index(player) for player in stage.players]
    assert sorted(order) == [0, 1]
    assert stage.versions == ["Before. ", *("AB"[number] + ". " for number in order)]


@pytest.mark.parametrize("seed", range(EACH))
@pytest.mark.parametrize("live", ["nothing", "an earlier state"])
def test_without_a_lock_no_version_is_made_twice(stage: Stage, live: str, seed: int) -> None:
    if live != "nothing":
        stage.race(seed, "Before. ", locked=False)

    results = stage.race(seed, "Now. ", "Now. ", locked=False)

    for result in results:
        assert done(result) or conflicts(result) == {"conflict"}, result
    (again,) = stage.race(seed, "Now. ", locked=False)
    assert done(again)
    assert stage.versions == (["Now. "] if live == "nothing" else ["Before. ", "Now. "])
    if any(map(done, results)):  # else each wrote over a deployment of the other's, and says so
        assert again.events[0]["plan"]["has_changes"] is False, again.out


@pytest.mark.parametrize("seed", range(EACH))
def test_without_a_lock_no_edit_is_lost_unseen(stage: Stage, seed: int) -> None:
    stage.race(seed, "Before. ", locked=False)

    results = stage.race(seed, "A. ", "B. ", locked=False)

    kept = stage.versions[1:]
    for said, result in zip(("A. ", "B. "), results, strict=True):
        assert said in kept or not done(result)
        if not done(result):
            assert conflicts(result) == {"conflict"}, result
    if all(map(done, results)):  # one was over before the other planned
        assert len(stage.writers) == 2
        assert sorted(kept) == ["A. ", "B. "]
