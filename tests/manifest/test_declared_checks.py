"""The manifest's `checks:`."""

from __future__ import annotations

from pathlib import Path

import pytest

from provisioner.model.address import Address
from provisioner.model.check import AgentCheck, DeploymentCheck, Expected, MemoryCheck
from tests.foundry import EXAMPLE
from tests.manifest.manifests import brief, full, load_files, load_text, manifest_of

STORE, AGENT, CHAT = "dev-prefs-memory", "dev-buddy", "gpt-5.4-mini"
ENVIRON = {
    "FOUNDRY_PROJECT_ENDPOINT": "https://a.services.ai.azure.com/api/projects/p",
    "AZURE_SUBSCRIPTION_ID": "s",
    "AZURE_RESOURCE_GROUP": "g",
}


def checks(text: str) -> str:
    return f"{EXAMPLE}\nchecks:\n  it: {text}\n"


def written(folder: Path, *texts: str) -> list[Path]:
    files = [folder / f"{number}.yaml" for number in range(len(texts))]
    for file, text in zip(files, texts, strict=True):
        file.write_text(text, encoding="utf-8")
    return files


def test_each_kind_is_named_by_what_it_is_about(tmp_path: Path) -> None:
    text = f"""{EXAMPLE}
checks:
  remembers: {{memory: {STORE}, timeout_s: 60, retries: 0}}
  answers: {{deployment: {CHAT}}}
  buddy:
    agent: {AGENT}
    ask: Hello?
    expect: {{contains: [a, b], matches: "c|d", calls_tool: memory_search_preview, recalls: true, latency_s: 2.5}}
"""
    found = manifest_of(load_text(tmp_path, text, environ=ENVIRON)).checks

    memory, deployment, agent = found
    assert isinstance(memory, MemoryCheck)
    assert (memory.subject, memory.timeout_s, memory.retries) == (Address("stores", STORE), 60, 0)
    assert isinstance(deployment, DeploymentCheck)
    assert (deployment.name, deployment.subject) == ("answers", Address("deployments", CHAT))
    assert isinstance(agent, AgentCheck)
    assert agent.recalls
    assert agent.expected == Expected(contains=("a", "b"), matches="c|d", tool="memory_search_preview", latency_s=2.5)
    assert agent.where is not None
    assert agent.where.path == "checks.buddy"


def test_what_they_are_about_goes_by_its_live_name(tmp_path: Path) -> None:
    text = checks(f"{{memory: {STORE}}}").replace(
        "    description: Developer", "    live_name: dev-1\n    description: Developer"
    )

    (found,) = manifest_of(load_text(tmp_path, text, environ=ENVIRON)).checks

    assert found.subject == Address("stores", "dev-1")


def test_variables_make_numbers_of_them(tmp_path: Path) -> None:
    text = checks(f'{{memory: {STORE}, timeout_s: "${{env:FOUNDRY_TIMEOUT}}"}}')

    (found,) = manifest_of(load_text(tmp_path, text, environ={**ENVIRON, "FOUNDRY_TIMEOUT": "7"})).checks

    assert found.timeout_s == 7


def test_an_environment_may_take_one_out_and_change_another(tmp_path: Path) -> None:
    text = f"""{EXAMPLE}
checks:
  one: {{memory: {STORE}}}
  two: {{memory: {STORE}}}
environments:
  prod: {{checks: {{one: null, two: {{timeout_s: 5}}}}}}
"""
    (found,) = manifest_of(load_text(tmp_path, text, environ=ENVIRON, environment="prod")).checks

    assert (found.name, found.timeout_s) == ("two", 5)


def test_several_files_are_one_manifest(tmp_path: Path) -> None:
    one, other = EXAMPLE, f"version: 1\nchecks:\n  it: {{memory: {STORE}}}\n"

    loaded = load_files(written(tmp_path, one, other), environ=ENVIRON)

    assert [it.name for it in manifest_of(loaded).checks] == ["it"]


def test_two_of_one_name_contradict_each_other(tmp_path: Path) -> None:
    one, other = checks(f"{{memory: {STORE}}}"), f"version: 1\nchecks:\n  it: {{deployment: {CHAT}}}\n"

    found = load_files(written(tmp_path, one, other), environ=ENVIRON)

    assert [it.code for it in found.diagnostics] == ["conflict"]


@pytest.mark.parametrize(
    ("text", "code", "says"),
    [
        pytest.param("{memory: dev-prefs-memori}", "unknown-reference", 'Did you mean "dev-prefs-memory"?', id="store"),
        pytest.param("{agent: buddy, ask: x}", "unknown-reference", "Defined here: dev-buddy.", id="agent"),
        pytest.param("{deployment: gpt-5-mini}", "unknown-reference", 'Did you mean "gpt-5.4-mini"?', id="deployment"),
        pytest.param(f"{{memory: {STORE}, agent: {AGENT}}}", "check-kind", "Say exactly one of", id="two-kinds"),
        pytest.param("{timeout_s: 1}", "check-kind", "it names nothing to check", id="no-kind"),
        pytest.param(f"{{memory: {STORE}, ask: x}}", "check-kind", "`ask` is said of memory", id="of-another-kind"),
        pytest.param(f"{{store: {STORE}}}", "unknown-key", "Write `memory`.", id="another-word"),
        pytest.param(
            f"{{agent: {AGENT}, ask: x, contains: y}}", "unknown-key", "Write `expect.contains`.", id="outside"
        ),
        pytest.param(f"{{agent: {AGENT}}}", "check-kind", "the agent is asked nothing", id="asked-nothing"),
        pytest.param(f"{{agent: {AGENT}, expect: {{contains: x}}}}", "check-kind", "Add `ask:`.", id="no-question"),
        pytest.param(f"{{agent: {AGENT}, ask: x, question: y}}", "check-kind", "`question` is what", id="question"),
        pytest.param(f'{{agent: {AGENT}, ask: x, expect: {{matches: "("}}}}', "bad-value", "no regular", id="pattern"),
        pytest.param(f"{{memory: {STORE}, fact: mine}}", "bad-value", "{word}", id="fact"),
        pytest.param(f"{{memory: {STORE}, timeout_s: 0}}", "out-of-range", "at least 1", id="timeout"),
        pytest.param(f"{{memory: {STORE}, retries: many}}", "wrong-type", "a whole number", id="retries"),
        pytest.param(
            f"{{agent: {AGENT}, ask: x, expect: {{calls_tool: memory_serch}}}}",
            "check-cannot-pass",
            'Did you mean "memory_search_preview"?',
            id="tool",
        ),
        pytest.param(
            f"{{agent: {AGENT}, expect: {{recalls: true}}, timeout_s: 1}}",
            "check-cannot-pass",
            "the agent remembers after 1 s of quiet",
            id="too-short",
        ),
        pytest.param("[1]", "wrong-type", "a mapping", id="list"),
    ],
)
def test_what_is_wrong_is_told_at_its_place(tmp_path: Path, text: str, code: str, says: str) -> None:
    loaded = load_text(tmp_path, checks(text), environ=ENVIRON)

    (problem,) = loaded.diagnostics
    assert problem.code == code
    assert says in f"{problem.message} {problem.hint}"
    assert problem.where is not None
    assert problem.where.path.startswith("checks.it")


def test_a_scope_that_all_users_share_is_not_written_to(tmp_path: Path) -> None:
    text = checks(f"{{agent: {AGENT}, expect: {{recalls: true}}}}").replace('scope: "{{$userId}}"', "scope: team")

    (problem,) = load_text(tmp_path, text, environ=ENVIRON).diagnostics

    assert problem.code == "check-cannot-pass"
    assert "shares one scope" in problem.message


def test_an_agent_without_memory_recalls_nothing(tmp_path: Path) -> None:
    text = checks(f"{{agent: {AGENT}, expect: {{recalls: true}}}}")
    text = f"{text[: text.index('    tools:')]}{text[text.index('checks:') :]}"

    (problem,) = load_text(tmp_path, text, environ=ENVIRON).diagnostics

    assert "has no memory tool" in problem.message


def test_what_is_somebody_elses_is_not_known_here(tmp_path: Path) -> None:
    text = checks("{agent: theirs, ask: x, expect: {recalls: true, calls_tool: y}}")
    text = text.replace("agents:\n", "agents:\n  theirs: {external: true}\n")

    assert [it.name for it in manifest_of(load_text(tmp_path, text, environ=ENVIRON)).checks] == ["it"]


def test_a_name_holds_no_spaces(tmp_path: Path) -> None:
    text = checks(f"{{memory: {STORE}}}").replace("  it:", '  "a b":')

    assert [it.code for it in load_text(tmp_path, text, environ=ENVIRON).diagnostics] == ["bad-name"]


def test_a_private_variable_may_not_stand_in_it(tmp_path: Path) -> None:
    text = checks(f'{{agent: {AGENT}, ask: "${{env:MINE}}"}}')

    found = load_text(tmp_path, text, environ={**ENVIRON, "MINE": "s3cret-value"}, allow_env=("MINE",))

    assert [it.code for it in found.diagnostics] == ["bad-value"]
    assert "s3cret" not in full(found)
    assert brief(found)
