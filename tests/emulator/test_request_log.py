"""`--log`: a JSON line per request, and no answer that depends on it."""

from __future__ import annotations

import json
import ssl
import sys
from pathlib import Path

import httpx
import pytest

from provisioner.emulator import Emulator, OptionError, Options
from provisioner.emulator.world.request_log import RequestLog

ENTRY = {"time": 0.0, "method": "GET", "path": "/", "status": 200, "duration_ms": 1.0, "audience": None, "query": {}}


def test_each_request_is_a_line_without_query_body_and_token(tmp_path: Path) -> None:
    file = tmp_path / "logs" / "requests.jsonl"
    with Emulator(Options(log=str(file))) as emulator:
        header = {"X-IDENTITY-HEADER": emulator.env["IDENTITY_HEADER"]}
        asked = {"resource": "https://ai.azure.com"}
        answer = httpx.get(emulator.env["IDENTITY_ENDPOINT"], params=asked, headers=header, trust_env=False)
        token = answer.json()["access_token"]
        trust = ssl.create_default_context(cafile=emulator.ca_file)
        with httpx.Client(base_url=emulator.project, verify=trust, trust_env=False, timeout=60) as client:
            client.get("/agents?api-version=v1&secret=hush", headers={"Authorization": f"Bearer {token}"})
            client.post("/agents%0A?api-version=v1", json={"secret": "hush"})
        text = file.read_text(encoding="utf-8")

    lines = [json.loads(line) for line in text.splitlines()]
    assert [line.keys() for line in lines] == [{"time", "method", "path", "status", "duration_ms", "audience"}] * 3
    assert [(line["method"], line["path"], line["status"], line["audience"]) for line in lines] == [
        ("GET", "/msi/token", 200, None),
        ("GET", "/api/projects/local/agents", 200, "https://ai.azure.com"),
        ("POST", "/api/projects/local/agents%0A", 501, None),
    ]
    assert token not in text
    assert "hush" not in text
    assert lines[0]["time"].endswith("+00:00")


def test_lines_are_added_to_a_file_that_is_there(tmp_path: Path) -> None:
    file = tmp_path / "requests.jsonl"
    for _ in range(2):
        log = RequestLog(str(file))
        log.write(ENTRY)
        log.close()

    assert len(file.read_text(encoding="utf-8").splitlines()) == 2


def test_stderr_is_a_log_too(capsys: pytest.CaptureFixture[str]) -> None:
    log = RequestLog("-")
    log.write(ENTRY)
    log.close()

    assert json.loads(capsys.readouterr().err)["method"] == "GET"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a disk that is always full is found on Linux only")
def test_a_full_disk_costs_the_line_and_not_the_answer() -> None:
    log = RequestLog("/dev/full")

    log.write(ENTRY)
    log.close()
    log.write(ENTRY)


def test_a_log_that_cannot_be_written_is_named_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="cannot be written"):
        Emulator(Options(log=str(tmp_path))).start()
    assert sys.stderr
