"""A remote model takes its time: nobody who does not need its work waits for it, and none of it is lost."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from provisioner.emulator import Clock, Options
from provisioner.emulator.handles import families
from provisioner.emulator.project.memory import rows
from provisioner.emulator.world.state import State

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FACT = {"op": "create", "kind": "user_profile", "content": "Lives in Lisbon"}


class SlowModel(ThreadingHTTPServer):
    """An OpenAI-compatible endpoint that answers when it is let go."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked = threading.Event()
        self.let_go = threading.Event()
        self.broken = False
        self.extractions = 0
        self.operations = [FACT]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    def answer(self, path: str, body: Any) -> Any:
        if path.endswith("/embeddings"):
            data = [{"index": place, "embedding": [1.0, 0.5]} for place, _ in enumerate(body["input"])]
            return {"data": data, "usage": {"prompt_tokens": 7}}
        self.extractions += 1
        self.asked.set()
        assert self.let_go.wait(30)
        message = {"role": "assistant", "content": json.dumps({"operations": self.operations})}
        return {"choices": [{"message": message}], "usage": {"prompt_tokens": 5, "completion_tokens": 3}}


class _Handler(BaseHTTPRequestHandler):
    server: SlowModel

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        answer = json.dumps(self.server.answer(self.path, body)).encode()
        self.send_response(500 if self.server.broken else 200)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Iterator[SlowModel]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with SlowModel() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.let_go.set()
        server.shutdown()
        thread.join()


@pytest.fixture
def memory(model: SlowModel, started: Any) -> Iterator[Any]:
    options = Options(model_endpoint=model.url, model="any", embedding_model="any", update_seconds=5)
    with started(options, Clock()) as memory:
        yield memory


def test_polls_and_everything_else_go_on_while_it_thinks(memory: Any, model: SlowModel) -> None:
    update = memory.submit("I live in Lisbon.")
    memory.admin.advance(10)

    assert memory.poll(update)["status"] == "in_progress"
    assert model.asked.wait(30)
    assert memory.poll(update)["status"] == "in_progress"
    assert memory.admin.get("state")["now"] > 0
    assert model.extractions == 1


def test_a_search_waits_for_what_is_due(memory: Any, model: SlowModel) -> None:
    memory.submit("I live in Lisbon.")
    memory.admin.advance(10)

    with ThreadPoolExecutor(20) as pool:
        searches = [pool.submit(memory.found, "Where do I live?") for _ in range(20)]
        assert model.asked.wait(30)
        assert memory.admin.get("state")["now"] > 0
        assert not any(search.done() for search in searches)
        model.let_go.set()

        assert [search.result() for search in searches] == [["Lives in Lisbon"]] * 20
    assert model.extractions == 1


def test_a_completed_update_carries_the_model_s_usage(memory: Any, model: SlowModel) -> None:
    model.let_go.set()
    update = memory.submit("I live in Lisbon.")
    memory.admin.advance(10)
    memory.held()

    result = memory.poll(update)["result"]

    assert [each["memory_item"]["content"] for each in result["memory_operations"]] == ["Lives in Lisbon"]
    assert (result["usage"]["input_tokens"], result["usage"]["output_tokens"]) == (5, 3)
    assert memory.search("Where?").json()["usage"]["embedding_tokens"] == 7


def test_a_broken_model_fails_the_update_and_the_search(memory: Any, model: SlowModel) -> None:
    model.let_go.set()
    memory.write("Drinks green tea")
    model.broken = True
    update = memory.submit("I live in Lisbon.")
    memory.admin.advance(10)
    memory.held()

    failed = memory.poll(update)
    assert failed["status"] == "failed"
    assert "answered 500" in failed["error"]["message"]
    answer = memory.search("What do I drink?")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "ResourceError")
    assert memory.found() == ["Drinks green tea"]


def test_what_the_model_withdraws_is_deleted_and_told(memory: Any, model: SlowModel) -> None:
    made = memory.write("Lives in Oslo")
    model.operations = [{"op": "delete", "id": "m0"}]
    model.let_go.set()
    update = memory.submit("Forget where I live.")
    memory.admin.advance(10)

    assert memory.held() == []
    assert memory.poll(update)["result"]["memory_operations"] == [{"kind": "delete", "memory_item": made}]


def test_two_emulators_do_not_do_the_same_work_twice(tmp_path: Path, model: SlowModel, started: Any) -> None:
    """The one with the slow model finds, when it is done, that the other one was faster."""
    clock, file = Clock(), str(tmp_path / "local.db")
    slow = Options(state=file, model_endpoint=model.url, model="any", embedding_model="any", update_seconds=5)
    with started(slow, clock) as one, started(Options(state=file), clock) as two:
        update = one.submit("I live in Porto.")
        clock.advance(10)
        one.poll(update)
        assert model.asked.wait(30)
        done = two.poll(update)
        model.let_go.set()

        assert done["status"] == "completed"
        assert one.held() == two.held()
        assert not any("Lisbon" in content for content in one.held())
        assert one.poll(update) == done


def test_a_scope_that_changed_meanwhile_is_read_again(tmp_path: Path, model: SlowModel, started: Any) -> None:
    clock, file = Clock(), str(tmp_path / "local.db")
    slow = Options(state=file, model_endpoint=model.url, model="any", embedding_model="any", update_seconds=5)
    with started(slow, clock) as memory:
        update = memory.submit("I live in Lisbon.")
        clock.advance(10)
        memory.poll(update)
        assert model.asked.wait(30)
        with closing(State(file, families.tables())) as other, other.transaction(writes=True):
            rows.insert(other, rows.store_of(other, 1), "ann", kind="user_profile", content="New", now=clock.now())
        model.let_go.set()

        assert sorted(memory.held()) == ["Lives in Lisbon", "New"]
    assert model.extractions == 2


def test_an_emulator_does_not_wait_for_its_model_to_stop(model: SlowModel, started: Any) -> None:
    options = Options(model_endpoint=model.url, model="any", embedding_model="any", update_seconds=5)
    with started(options, Clock()) as memory:
        update = memory.submit("I live in Lisbon.")
        memory.admin.advance(10)
        memory.poll(update)
        assert model.asked.wait(30)

    assert not model.let_go.is_set()


def test_a_store_deleted_while_the_model_thinks_stays_deleted(memory: Any, model: SlowModel) -> None:
    update = memory.submit("I live in Lisbon.")
    memory.admin.advance(10)
    memory.poll(update)
    assert model.asked.wait(30)
    with ThreadPoolExecutor(1) as pool:
        deleted = pool.submit(memory.project, "DELETE", "/memory_stores/memory")
        memory.admin.post("reset").raise_for_status()
        model.let_go.set()
        deleted.result()

    assert memory.project("GET", f"/memory_stores/memory/updates/{update}").status_code == 404
