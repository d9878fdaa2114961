"""The fixtures that other projects use, in a test run of their own."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]
ROOT = Path(__file__).parents[2]

SUITE = """
import os
import httpx, pytest, ssl

def ask(foundry, path):
    trust = ssl.create_default_context(cafile=foundry.ca_file)
    return httpx.get(foundry.management + path, verify=trust, trust_env=False)

def test_it_runs_and_can_be_told_what_to_do(foundry_emulator):
    foundry = foundry_emulator
    assert foundry.project == foundry.env["FOUNDRY_PROJECT_ENDPOINT"]
    foundry.fault({"path": "/subscriptions"}, throttle={"retry_after": 3, "times": 1})
    foundry.fault({"path": "/tenants"}, status=503)
    assert [ask(foundry, "/subscriptions").status_code for _ in range(2)] == [429, 401]
    assert ask(foundry, "/tenants").status_code == 503
    assert foundry.calls() == ["GET /subscriptions", "GET /subscriptions", "GET /tenants"]
    assert [fault["done"] for fault in foundry.faults()] == [1, 1]
    foundry.forget_requests()
    foundry.forget_faults()
    assert (foundry.requests(), foundry.faults()) == ([], [])
    with pytest.raises(RuntimeError, match="There is no switch 'colour'"):
        foundry.switch(colour="red")

def test_each_test_starts_on_the_first_day(foundry_emulator):
    assert foundry_emulator.faults() == []
    assert foundry_emulator.requests() == []

def test_its_state_is_kept_and_put_back(foundry_emulator):
    before = foundry_emulator.state()
    now = before["now"]
    foundry_emulator.drift("project", "local", {"tags": {"a": "b"}})
    foundry_emulator.set_model("gpt-4.1-mini", "Deprecated")
    foundry_emulator.add_model("gpt-9", "2027-01-31", skus=["GlobalStandard"])
    foundry_emulator.set_quota("OpenAI.GlobalStandard.gpt4.1-mini", 3)
    foundry_emulator.advance(3600)
    foundry_emulator.restore(before)
    after = foundry_emulator.state()
    assert after["objects"] == before["objects"]
    assert after["now"] >= now + 3600

def test_the_model_says_what_it_is_told_to(foundry_emulator):
    foundry_emulator.model({"text": "42"}, {"regex": "meaning of life"}, times=1)
    foundry_emulator.model({"memories": ["Likes tea"]})
    assert [script["answered"] for script in foundry_emulator.scripts()] == [0, 0]
    with pytest.raises(RuntimeError, match="There is no 'words' in say; there are: text, call, json, memories"):
        foundry_emulator.model({"words": "42"})
    foundry_emulator.forget_scripts()
    assert foundry_emulator.scripts() == []

def test_the_options_are_those_of_the_project(foundry_emulator):
    assert foundry_emulator.state()["switches"]["strict"] is True

def test_the_environment_points_at_it(foundry_environment):
    assert os.environ["FOUNDRY_PROJECT_ENDPOINT"] == foundry_environment.project
"""
CONFTEST = """
import pytest

@pytest.fixture(scope="session")
def foundry_emulator_options():
    return {"strict": True}
"""


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    pytester.makepyfile(SUITE)
    pytester.makeconftest(CONFTEST)
    return pytester


def test_another_project_uses_the_fixtures(suite: pytest.Pytester) -> None:
    result = suite.runpytest_subprocess("-p", "provisioner.pytest_plugin", "-W", "error", timeout=60)

    result.assert_outcomes(passed=6)


def test_without_the_extra_the_tests_are_skipped_with_a_reason(suite: pytest.Pytester) -> None:
    suite.makepyfile(absent="import sys\nsys.modules['starlette'] = None\n")

    result = suite.runpytest_subprocess("-p", "absent", "-p", "provisioner.pytest_plugin", "-rs", timeout=60)

    result.assert_outcomes(skipped=6)
    result.stdout.fnmatch_lines(['*needs "foundry-provisioner?local?": *starlette*'])


def test_the_fixtures_are_listed_with_their_words(suite: pytest.Pytester) -> None:
    result = suite.runpytest_subprocess("-p", "provisioner.pytest_plugin", "--fixtures", timeout=60)

    result.stdout.fnmatch_lines(["foundry_emulator -- *", "    A local Foundry, as on its first day."])


def test_importing_the_plugin_costs_nothing() -> None:
    code = (
        "import pytest, sys; before = set(sys.modules); import provisioner.pytest_plugin; "
        "print(sorted({name.split('.')[0] for name in set(sys.modules) - before} - {'provisioner'}))"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)

    loaded = set(ast.literal_eval(done.stdout))
    assert loaded.isdisjoint({"httpx", "starlette", "uvicorn", "jwt", "click", "sqlite3", "yaml"})
