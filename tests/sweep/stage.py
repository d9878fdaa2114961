"""Where scenarios are played, and how each goes when nothing happens."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from tests.planes.world import Foundry
from tests.sweep.commands import Command, Result, told
from tests.sweep.live import Live, live
from tests.sweep.scenarios import SCENARIOS, STRANGERS, Scenario

Json = dict[str, Any]
_SAID: Final = ("MemoryStores=V1Preview",)
_ID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{32}")
_SUBSCRIPTION: Final = "/subscriptions/00000000-0000-4000-8000-000000000001"


@dataclass(frozen=True, kw_only=True)
class Request:
    """The nth of those with its method and path, and the one at `place` among all."""

    method: str
    path: str
    nth: int
    place: int

    def __str__(self) -> str:
        return f"{self.method} {self.path.rpartition('/accounts/local-foundry')[2] or self.path} #{self.nth}"


@dataclass(frozen=True, kw_only=True)
class Undisturbed:
    """A scenario as it goes when nothing happens."""

    start: Json
    before: Live
    after: Live
    requests: tuple[Request, ...]


class Stage:
    """Where scenarios are played."""

    def __init__(self, foundry: Foundry, folder: Path, known: dict[str, Undisturbed]) -> None:
        self.foundry = foundry
        self._folder = folder
        self._known = known

    def command(self, scenario: Scenario) -> Command:
        return Command(
            file=self._file(scenario.after), destroys=scenario.destroys, adopts=scenario.adopts, loses=scenario.loses
        )

    def again(self, scenario: Scenario, now: Live) -> Command:
        """The same, but for names of stores that are gone: to allow their loss would be a slip of the pen."""
        command = self.command(scenario)
        return replace(command, loses=tuple(it for it in command.loses if scenario.destroys or it in now.objects))

    def tell(self, command: Command, *, timeout_s: float = 120) -> Result:
        return told(command, self.foundry.where, clock=self.foundry.clock, timeout_s=timeout_s)

    def live(self) -> Live:
        return live(self.foundry.admin.state())

    def begin(self, start: Json) -> None:
        self.forget_faults()
        self.foundry.admin.post("state", start)

    def forget_faults(self) -> None:
        self.foundry.admin.client.delete("/_emulator/faults").raise_for_status()

    def undisturbed(self, name: str) -> Undisturbed:
        if name not in self._known:
            self._known[name] = self._undisturbed(SCENARIOS[name])
        return self._known[name]

    def _undisturbed(self, scenario: Scenario) -> Undisturbed:
        start = self._start(scenario)
        before = self.live()
        self.foundry.admin.forget_requests()
        result = self.tell(self.command(scenario))
        assert result.code == 0, result
        requests = tuple(_requests(self.foundry.admin.requests()))
        after = self.live()
        assert self.tell(self.again(scenario, after)).is_idle
        return Undisturbed(start=start, before=before, after=after, requests=requests)

    def _start(self, scenario: Scenario) -> Json:
        for text in (STRANGERS, *scenario.before):
            result = self.tell(Command(file=self._file(text)))
            assert result.code == 0, result
        with self.foundry.connected() as planes:
            for store in self.foundry.admin.state()["objects"]["stores"]:
                memory = {"scope": "somebody", "kind": "user_profile", "content": f"Told to {store['name']}."}
                planes.project.post(f"memory_stores/{store['name']}/items", memory, features=_SAID)
        self.foundry.admin.switch(**scenario.switches)
        return self.foundry.admin.state()

    def _file(self, text: str) -> Path:
        file = self._folder / f"{sha256(text.encode()).hexdigest()[:12]}.yaml"
        file.write_text(text, encoding="utf-8")
        return file


def _requests(recorded: list[Json]) -> Iterator[Request]:
    """Of the two planes; what is different each time in a path is a star."""
    seen: Counter[tuple[str, str]] = Counter()
    planes = [it for it in recorded if it["path"].startswith(("/subscriptions/", "/api/projects/"))]
    for place, it in enumerate(planes, start=1):
        rest = it["path"].removeprefix(_SUBSCRIPTION)
        path = it["path"].removesuffix(rest) + _ID.sub("*", rest)
        seen[it["method"], path] += 1
        yield Request(method=it["method"], path=path, nth=seen[it["method"], path], place=place)
