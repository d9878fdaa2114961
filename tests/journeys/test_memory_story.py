"""docs/memory-story.md, word for word: its edits are made, its commands are run, and what it shows is what they say.

What it only tells is done here, too: processes that are killed at a request, another machine, neighbours.
"""

from __future__ import annotations

import fnmatch
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from azure.ai.projects import AIProjectClient
from azure.ai.projects.models import MemoryItemKind
from azure.identity import DefaultAzureCredential

from examples import people
from tests.foundry import EXAMPLE, Command, Foundry

if TYPE_CHECKING:
    from azure.ai.projects.operations import BetaMemoryStoresOperations

pytestmark = [
    pytest.mark.contract,
    pytest.mark.client,
    pytest.mark.skipif(sys.platform == "win32", reason="Windows kills no processes"),
]

ROOT: Final = Path(__file__).parents[2]
TEXT: Final = (ROOT / "docs" / "memory-story.md").read_text(encoding="utf-8")
STORE: Final = "dev-prefs-memory"
SHOWN: Final = "{migrate: side_by_side}"
AT_ONCE: Final = ("--rate", "100000")  # the service's limits are not what this is about
NOTES: Final = "  notes: {chat_model: gpt-5.4-mini, embedding_model: text-embedding-3-large}\n"
NEIGHBOUR: Final = """\
version: 1
name: another-team
project: {endpoint: "${env:FOUNDRY_PROJECT_ENDPOINT}"}
deployments: {gpt-5.4-mini: {external: true}, text-embedding-3-large: {external: true}}
stores: {theirs: {chat_model: gpt-5.4-mini, embedding_model: text-embedding-3-large}}
"""
KILLS: Final = {
    "migrate": (
        ("POST", f"*/memory_stores/{STORE}-shadow/items", 5),
        ("DELETE", f"*/memory_stores/{STORE}", 1),  # nothing has that name any more
        ("POST", f"*/memory_stores/{STORE}/items", 5),
    ),
    SHOWN: (
        ("POST", f"*/memory_stores/{STORE}-*/items", 5),
        ("POST", f"*/memory_stores/{STORE}-??????", 2),  # taken over from the run before, and then marked as filled
        ("POST", "*/agents/dev-buddy/versions", 1),  # it is moved, and the old store still there
    ),
}


@dataclass(frozen=True)
class Stores:
    """What they hold, by the real SDK."""

    sdk: BetaMemoryStoresOperations

    @property
    def names(self) -> list[str]:
        return sorted(store.name for store in self.sdk.list())

    def held(self, store: str) -> Counter[tuple[str, str, str]]:
        """Each memory, as often as it is there."""
        return Counter(
            (person, MemoryItemKind(item.kind).value, item.content)
            for person in people.SAID
            for item in self.sdk.list_memories(store, scope=person)
        )

    def whole(self, store: str) -> object:
        """All that could be touched of it."""
        found = self.sdk.get(store).as_dict()
        items = [item.as_dict() for person in people.SAID for item in self.sdk.list_memories(store, scope=person)]
        return found, items

    def finds(self, store: str, person: str, kind: str, content: str) -> bool:
        """A search by what it says, which for a fact has it first."""
        found = self.sdk.search_memories(name=store, scope=person, items=content).memories
        said = [it.memory_item.content for it in found]
        return content == said[0] if kind == "user_profile" else content in said


class Page:
    """Plays its sections, in the current folder."""

    def __init__(self, provisioner: Command, capsys: pytest.CaptureFixture[str], way: str) -> None:
        self._provisioner = provisioner
        self._capsys = capsys
        self._way = way

    def play(self, title: str) -> dict[str, str]:
        """What each of its commands printed."""
        (section,) = re.findall(rf"(?ms)^## {title}\n(.*?)(?=^## |\Z)", TEXT)
        printed: dict[str, str] = {}
        lines: list[str] = []
        for language, text in re.findall(r"(?ms)^```(\w+)\n(.*?)^```", section):
            if language == "diff":
                self._edit(text)
            elif language == "sh":
                lines = text.splitlines()
                printed |= {line: self.run(line) for line in lines}
            elif ("In place" if self._way == SHOWN else "Side by side") not in text:
                said = "".join(printed[line] for line in lines)
                assert re.search(_pattern(text), said), said
        return printed

    def _edit(self, diff: str) -> None:
        manifest = Path("stores.yaml")
        before = manifest.read_text(encoding="utf-8")
        old, new = ("".join(line[1:] for line in diff.splitlines(keepends=True) if line[0] != other) for other in "+-")
        assert before.count(old) == 1
        manifest.write_text(before.replace(old, new.replace(SHOWN, self._way)), encoding="utf-8")

    def run(self, line: str) -> str:
        words = shlex.split(line)
        if words[0] == ".venv/bin/python":
            assert words[1] == "examples/people.py"
            people.main(words[2])
            return self._capsys.readouterr().out
        if words[0] != "provisioner":
            subprocess.run(line, shell=True, check=True)
            return ""
        more = ("--yes", *AT_ONCE) if words[1] == "apply" else AT_ONCE if "import" in words else ()
        ran = self._provisioner(*words[1:], *more)
        assert ran.code == 0, (line, ran.out, ran.err)
        return ran.out


def _pattern(shown: str) -> str:
    """`…` is anything: of a line, or whole lines."""
    whole = re.sub(r"(?m)^…\n", "\0", shown)
    return re.escape(whole).replace("\0", r"(?:.*\n)*?").replace("…", ".*")


@pytest.fixture
def stores(foundry: Foundry) -> Iterator[Stores]:
    foundry.switch(update_seconds=0)
    with (
        DefaultAzureCredential() as credential,
        AIProjectClient(foundry.env["FOUNDRY_PROJECT_ENDPOINT"], credential) as client,
    ):
        yield Stores(client.beta.memory_stores)


def killed(foundry: Foundry, method: str, path: str, nth: int) -> None:
    """An apply, at the nth such request: it was done, and the answer has not come."""
    foundry.fault({"method": method, "path": path, "nth": nth}, {"stall_s": 60})
    foundry.forget_requests()
    command = [sys.executable, "-m", "provisioner", "apply", "--yes", *AT_ONCE]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as run:
        until = time.monotonic() + 30
        while len(fnmatch.filter(foundry.requests(method), f"{method} {path}")) < nth:
            assert run.poll() is None, run.communicate()
            assert time.monotonic() < until, foundry.requests()
            time.sleep(0.01)
        run.kill()
        run.communicate()
        assert run.returncode == -signal.SIGKILL


def on_another_machine(folder: Path) -> None:
    """With nothing but what a checkout has."""
    folder.mkdir()
    for name in ("stores.yaml", "scopes.txt"):
        shutil.move(name, folder)
    os.chdir(folder)


def settled(page: Page, stores: Stores, provisioner: Command) -> dict[str, object]:
    """What the page begins with, beside two stores that have nothing to do with it; what those are and hold."""
    Path("stores.yaml").write_text(
        EXAMPLE.replace("\nagents:\n", f"{NOTES}\nagents:\n").replace("update_delay: 1", "update_delay: 0"),
        encoding="utf-8",
    )
    page.play("Before anything is said")
    Path("theirs.yaml").write_text(NEIGHBOUR, encoding="utf-8")
    assert provisioner("apply", "--yes", "-f", "theirs.yaml").code == 0
    for name in ("notes", "theirs"):
        for person, text in people.SAID.items():
            stores.sdk.begin_update_memories(name=name, scope=person, items=text, update_delay=0).result()
    return {name: stores.whole(name) for name in ("notes", "theirs")}


def assert_kept(before: Counter[tuple[str, str, str]], stores: Stores) -> None:
    """Each memory is in one store, as often as it was."""
    most: Counter[tuple[str, str, str]] = Counter()
    for name in set(stores.names) - {"notes", "theirs"}:
        most |= stores.held(name)
    assert not before - most


def one_is_forgotten(page: Page, stores: Stores) -> None:
    before = {name: stores.held(name) for name in stores.names}
    assert all(any(person == "ben" for person, *_ in held) for held in before.values())

    page.play("Ben is forgotten")

    assert json.loads(Path("ben.json").read_text(encoding="utf-8"))["state"] == "done"
    for name, held in before.items():
        assert stores.held(name) == Counter({it: number for it, number in held.items() if it[0] != "ben"})
    told = page.run(".venv/bin/python examples/people.py ask")
    assert "Helix" in told
    assert "Zed" not in told


def a_copy_has_the_same(page: Page) -> None:
    *_, here, there = page.play("A copy for a rainy day").values()
    assert counted(here) == counted(there)


def counted(stats: str) -> list[str]:
    """What they say, but for the store's name and for times."""
    return re.sub(r"\S+Z\b", "", stats.partition(" holds ")[2]).split()


@pytest.mark.parametrize("elsewhere", [False, True], ids=["here", "elsewhere"])
@pytest.mark.parametrize("way", KILLS, ids=["in_place", "side_by_side"])
def test_three_people_keep_their_memories_and_one_of_them_is_forgotten(  # noqa: PLR0917
    foundry: Foundry,
    stores: Stores,
    provisioner: Command,
    project: Path,
    capsys: pytest.CaptureFixture[str],
    way: str,
    elsewhere: bool,
) -> None:
    page = Page(provisioner, capsys, way)
    neighbours = settled(page, stores, provisioner)
    before = stores.held(STORE)
    foundry.switch(update_seconds=3600)  # what is asked from here on is remembered when all is over
    page.play("The edit")

    journals = 0
    for number, request in enumerate(KILLS[way]):
        killed(foundry, *request)
        journals += any(Path().glob(".provisioner/migration-*.json"))
        if elsewhere:
            on_another_machine(project / f"machine{number}")
        assert_kept(before, stores)
    assert journals, "a run on the same machine has one to go on with"
    page.play("The power goes")

    (store,) = set(stores.names) - {"notes", "theirs"}
    assert store == STORE or way == SHOWN
    assert stores.sdk.get(store).definition["embedding_model"] == "text-embedding-3-small"
    assert stores.held(store) == before
    assert all(stores.finds(store, *memory) for memory in before)
    assert {name: stores.whole(name) for name in neighbours} == neighbours
    foundry.forget_requests()
    assert "No changes." in provisioner("apply", "--yes").out
    assert [it for it in foundry.requests() if not it.startswith("GET")] == []
    one_is_forgotten(page, stores)
    a_copy_has_the_same(page)


@pytest.mark.parametrize("way", KILLS, ids=["in_place", "side_by_side"])
def test_who_is_forgotten_half_way_does_not_come_back(
    foundry: Foundry, stores: Stores, provisioner: Command, capsys: pytest.CaptureFixture[str], way: str
) -> None:
    page = Page(provisioner, capsys, way)
    settled(page, stores, provisioner)
    before = stores.held(STORE)
    page.play("The edit")
    for request in KILLS[way][:2]:
        killed(foundry, *request)

    page.play("Ben is forgotten")
    page.run("provisioner apply")

    (store,) = set(stores.names) - {"notes", "theirs"}
    assert stores.held(store) == Counter({it: number for it, number in before.items() if it[0] != "ben"})
    assert "Zed" not in page.run(".venv/bin/python examples/people.py ask")
