"""What a sensitive variable holds is shown nowhere, stored nowhere, and nothing that is told depends on it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from provisioner.manifest.load import load
from provisioner.model.action import Action
from provisioner.model.address import Address
from provisioner.model.document import Document
from provisioner.model.document import Path as Place
from provisioner.model.errors import Failure, PlaneError
from provisioner.model.plan import Change
from provisioner.model.resource import Desired, Live, Marker
from provisioner.model.written import Written
from provisioner.reconcile.marker import AppliedRecord
from provisioner.reconcile.write_only import hushed
from provisioner.render.diagnostics import diagnostics_json
from tests.foundry import Command, Foundry
from tests.manifest.manifests import HEAD, MODELS, brief, full, load_text, manifest_of
from tests.whole import IS_WHOLE, tries

MANIFEST: Final = """\
version: 1
name: hushed
variables:
  token: {sensitive: true}
  later: {}
  pin: {type: number, sensitive: true}
  words: {type: list, sensitive: true}
  creds: {type: mapping, sensitive: true}
  tool: {type: mapping, sensitive: true}
agents:
  helper:
    model: c/m
    description: "${var.token}"
    instructions: |
      Say it:
      ${var.token}, and ${var.later}.
    temperature: "${var.pin}"
    metadata: {plain: shown, held: "x ${var.later}"}
    tools:
      - {type: web_search}
      - type: mcp
        server_label: x
        server_url: "https://x.example/${var.token}"
        headers: {Authorization: "Bearer ${var.token}", X-Other: "${var.later}"}
      - type: function
        name: f
        parameters: "${var.tool}"
  lister:
    model: c/m
    tools: "${var.words}"
rai_blocklists:
  words: {items: {one: {pattern: "${var.later}"}}}
connections:
  docs:
    category: CustomKeys
    auth_type: CustomKeys
    target: https://docs.example.com
    credentials: {keys: {x: "${var.token}"}}
    credentials_version: 1
  more:
    category: CustomKeys
    auth_type: CustomKeys
    target: "https://docs.example.com/${var.later}"
    credentials: "${var.creds}"
    credentials_version: "1"
"""
# What a hostile change of the manifest might do: leave out what says that a value is sensitive.
HOSTILE: Final = """\
version: 1
name: hushed
agents:
  helper: {model: c/m, description: seen, metadata: {plain: shown}, tools: [{type: web_search}]}
  lister: {model: c/m}
rai_blocklists:
  words: {items: {one: {pattern: seen}}}
"""
PLANS: Final = ("text", "json", "markdown", "html")


class Secrets:
    """Values that no output holds by chance, and all forms in which they might stand in one."""

    def __init__(self, seed: str, number: int) -> None:
        self.token = f"tok-{seed}-zq"
        self.later = f"later {seed} zq"
        self.pin = 1 + number / 1_000_003
        self.word = f"word{seed}zq"
        self.key = f"key{seed}zq"
        self.title = f"title{seed}zq"

    def given(self, monkeypatch: pytest.MonkeyPatch) -> tuple[str, ...]:
        """In every way that there is."""
        words = [{"type": "function", "name": "g", "description": self.word}]
        monkeypatch.setenv("PROVISIONER_SECRET_later", self.later)  # which the manifest does not call sensitive
        monkeypatch.setenv("PROVISIONER_VAR_pin", repr(self.pin))
        values = {"words": words, "creds": {"keys": {"k": self.key}}}
        Path("values.json").write_text(json.dumps(values), encoding="utf-8")
        monkeypatch.setenv("PROVISIONER_SECRET_tool", json.dumps({"type": "object", "title": self.title}))
        return ("--var", f"token={self.token}", "--var-file", "values.json")

    def found_in(self, text: str) -> list[str]:
        values = (self.token, self.later, repr(self.pin), self.word, self.key, self.title)
        forms = {form for it in values for form in (it, json.dumps(it)[1:-1], quote(it, safe=""), it.upper())}
        return [form for form in forms if form in text]


SEEDS = st.text(st.characters(min_codepoint=0x21, exclude_categories=["C", "Z"]), min_size=4, max_size=12)


def everything(provisioner: Command, folder: Path, flags: tuple[str, ...]) -> str:
    """What all commands print and write but `apply`."""
    told: list[str] = []

    def run(*arguments: str) -> None:
        result = provisioner(*arguments)
        told.extend((result.out, result.err))

    for style in ("text", "json", "github", "sarif"):
        run("validate", "--format", style, *flags)
    for style in PLANS:
        run("--log-level", "debug", "plan", "--format", style, *flags)
    run("plan", "--destroy", "--format", "json", *flags)
    for style in ("text", "json", "markdown"):
        run("drift", "--format", style, *flags)
    run("plan", "--out", "plan.json", "--out", "plan.html", "--out", "plan.md", *flags)
    run("show", "plan.json")
    run("graph", *flags)
    run("render", *flags)
    run("render", "--format", "json", *flags)
    run("doctor", "--format", "json", *flags)
    run("export", "--out", "export.yaml", "--force")
    told.extend(
        (folder / it).read_text(encoding="utf-8") for it in ("plan.json", "plan.html", "plan.md", "export.yaml")
    )
    return "\n".join(told)


def markers(foundry: Foundry) -> str:
    """What is written on objects beside what is declared."""
    every = [it.get("metadata") or {} for it in foundry.objects("versions")]
    ours = ({key: it for key, it in each.items() if key.startswith("provisioner-")} for each in every)
    return "\n".join(sorted(map(json.dumps, ours)))


@settings(
    max_examples=8 if IS_WHOLE else 1,  # each runs fifty commands
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.tuples(SEEDS, SEEDS), st.integers(1, 999_999))
@example(("a'b\"c<b>", "ünïcode$${x&amp;"), 123_456)
def test_no_byte_of_any_output_shows_what_a_sensitive_variable_holds(
    foundry: Foundry, project: Path, provisioner: Command, seeds: tuple[str, str], number: int
) -> None:
    with pytest.MonkeyPatch.context() as patched:
        one, two = Secrets(seeds[0], number), Secrets(f"{seeds[1]}2", number + 1)
        foundry.reset()
        file = project / "stores.yaml"
        file.write_text(MANIFEST, encoding="utf-8")
        flags = one.given(patched)
        told = [everything(provisioner, project, flags)]
        applied = provisioner("--log-level", "debug", "apply", "--yes", "--format", "json", *flags)
        assert applied.code == 0, applied.out + applied.err
        assert provisioner("plan", "--detailed-exitcode", *flags).code == 0
        told += [applied.out, applied.err, everything(provisioner, project, flags), markers(foundry)]

        flags = two.given(patched)  # they are rotated
        told += [everything(provisioner, project, flags)]
        saved = provisioner("apply", "--plan", "plan.json", *flags)
        assert saved.code == 0, saved.err
        assert provisioner("plan", "--detailed-exitcode", *flags).code == 0

        file.write_text(HOSTILE, encoding="utf-8")
        told += [saved.out, saved.err, everything(provisioner, project, ()), markers(foundry)]

    for secrets in (one, two):
        assert secrets.found_in("\n".join(told)) == []


def test_digest_marker_and_saved_plan_are_the_same_whatever_it_holds(
    foundry: Foundry, project: Path, provisioner: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "stores.yaml").write_text(MANIFEST, encoding="utf-8")
    kept = []
    for secrets in (Secrets("aaaa", 3), Secrets("bbbbbb", 50_000)):
        foundry.reset()
        flags = secrets.given(monkeypatch)
        assert provisioner("plan", "--out", "plan.json", *flags).code == 0
        plan = json.loads(Path("plan.json").read_text(encoding="utf-8"))
        for member in ("made_at", "checksum", "target"):
            del plan[member]
        types = {"pin": "number", "words": "list", "creds": "mapping", "tool": "mapping"}
        assert plan["variables"] == {"later": "string", "token": "string", **types}
        assert provisioner("apply", "--yes", *flags).code == 0
        kept.append((json.dumps(plan), markers(foundry)))

    assert kept[0] == kept[1]


def test_what_is_live_is_what_the_variables_hold(
    foundry: Foundry, project: Path, provisioner: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "stores.yaml").write_text(MANIFEST, encoding="utf-8")
    secrets = Secrets("live", 4)
    assert provisioner("apply", "--yes", *secrets.given(monkeypatch)).code == 0
    definitions = {it["name"]: it["definition"] for it in foundry.objects("versions")}

    helper = definitions["helper"]
    assert helper["instructions"] == f"Say it:\n{secrets.token}, and {secrets.later}.\n"
    assert helper["temperature"] == secrets.pin
    assert helper["tools"][1]["headers"] == {"Authorization": f"Bearer {secrets.token}", "X-Other": secrets.later}
    assert helper["tools"][2]["parameters"] == {"type": "object", "title": secrets.title}
    assert definitions["lister"]["tools"][0]["description"] == secrets.word


# -- what is written in a plan


@pytest.mark.usefixtures("foundry")
def test_a_plan_shows_where_a_secret_goes(project: Path, provisioner: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reviewer has to see that it is sent to a stranger."""
    (project / "stores.yaml").write_text(MANIFEST, encoding="utf-8")
    planned = provisioner("plan", *Secrets("seen", 5).given(monkeypatch))

    assert "https://x.example/${var.token}" in planned.out
    assert "Bearer ${var.token}" in planned.out
    assert "${var.pin}" in planned.out


@pytest.mark.usefixtures("foundry")
def test_a_saved_plan_takes_sensitive_variables_and_no_others(
    project: Path, provisioner: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = MANIFEST.replace("  later: {}", "  later: {}\n  stage: {default: dev}").replace("shown", "'${var.stage}'")
    (project / "stores.yaml").write_text(text, encoding="utf-8")
    secrets = Secrets("plan", 6)
    flags = secrets.given(monkeypatch)
    assert provisioner("plan", "--out", "plan.json", *flags, "--var", "stage=prod").code == 0
    document = json.loads(Path("plan.json").read_text(encoding="utf-8"))
    assert (document["applicable"], "stage" in document["variables"]) == (True, False)
    Path("stores.yaml").unlink()

    other = provisioner("apply", "--plan", "plan.json", *flags, "--var", "stage=dev")
    assert other.code == 1
    assert '--var sets "stage", which is no sensitive variable of "plan.json"' in " ".join(other.err.split())
    Path("more.yaml").write_text("stage: dev\n", encoding="utf-8")
    assert provisioner("apply", "--plan", "plan.json", *flags, "--var-file", "more.yaml").code == 1
    missing = provisioner("apply", "--plan", "plan.json")
    assert missing.code == 1
    assert 'The variable "token", sensitive in "plan.json", is not set' in " ".join(missing.err.split())
    assert "Set PROVISIONER_SECRET_token, or give --var token=… or a --var-file." in missing.err
    Path(".env").write_text(f"PROVISIONER_SECRET_token={secrets.token}\n", encoding="utf-8")
    assert provisioner("apply", "--plan", "plan.json", "--var-file", "values.json").code == 1
    monkeypatch.setenv("PROVISIONER_VAR_stage", "dev")  # undeclared ones are ignored

    done = provisioner("apply", "--plan", "plan.json", *flags)
    assert done.code == 0, done.err
    assert secrets.found_in(other.err + missing.err + done.out + done.err) == []


def test_a_secret_that_was_made_plain_in_the_manifest_stays_hidden_until_it_is_gone(
    foundry: Foundry, project: Path, provisioner: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = project / "stores.yaml"
    head = "version: 1\nname: hushed\n"
    monkeypatch.setenv("PROVISIONER_SECRET_s", "hunter2hunter2")
    file.write_text(head + 'variables: {s: {}}\nagents: {a: {model: c/m, description: "${var.s}"}}\n', encoding="utf-8")
    assert provisioner("apply", "--yes").code == 0
    file.write_text(head + "agents: {a: {model: c/m, lifecycle: {ignore: [description]}}}\n", encoding="utf-8")
    assert provisioner("apply", "--yes").code == 0
    file.write_text(head + "agents: {a: {model: c/m, description: other}}\n", encoding="utf-8")

    planned = provisioner("plan")
    assert "(sensitive)" in planned.out
    assert "hunter2" not in planned.out + planned.err
    assert provisioner("apply", "--yes").code == 0
    file.write_text(head + "agents: {a: {model: c/m, description: third}}\n", encoding="utf-8")
    assert '"other" -> "third"' in provisioner("plan").out
    assert foundry.objects("versions")[-1]["description"] == "other"


# -- no check tells what it is


def agent(fields: str) -> str:
    return f"{HEAD}{MODELS}variables: {{v: {{}}}}\nagents:\n  a: {{model: gpt, {fields}}}\n"


REFUSED: Final = {
    "the name": 'version: 1\nname: "${var.v}"\nvariables: {v: {}}\n',
    "a part of it": 'version: 1\nname: "x-${var.v}"\nvariables: {v: {}}\n',
    "the endpoint": 'version: 1\nname: a\nvariables: {v: {}}\nproject: {endpoint: "https://${var.v}.example.com"}\n',
    "an account": HEAD.replace("{endpoint:", '{account: "${var.v}", endpoint:') + "variables: {v: {}}\n",
    "a check": f'{HEAD}preflight: {{skip: ["${{var.v}}"]}}\nvariables: {{v: {{}}}}\n',
    "a whole entry": f'{HEAD}variables: {{v: {{type: mapping}}}}\nagents: {{a: "${{var.v}}"}}\n',
    "a whole section": f'{HEAD}variables: {{v: {{type: mapping}}}}\nagents: "${{var.v}}"\n',
    "a live name": agent('live_name: "${var.v}"'),
    "whose it is": f'{HEAD}variables: {{v: {{}}}}\nagents: {{a: {{external: "${{var.v}}"}}}}\n',
    "its protection": agent('lifecycle: {on_remove: "${var.v}"}'),
    "what is ignored": agent('lifecycle: {ignore: ["${var.v}"]}'),
    "a model": agent("description: x").replace("model: gpt,", 'model: "${var.v}",'),
    "a kind": agent('kind: "${var.v}"'),
    "a tool's type": agent('tools: [{type: "${var.v}"}]'),
    "a store that a tool names": agent('tools: [{type: memory_search, memory_store_name: "${var.v}", scope: x}]'),
    "a store's models": f"{HEAD}{MODELS}variables: {{v: {{}}}}\nstores: {{s: {{chat_model: '${{var.v}}', "
    "embedding_model: emb}}\n",
    "a file": agent('instructions: {file: "${var.v}"}'),
    "a part of a file's name": agent('instructions: {file: "prompts/${var.v}.md"}'),
    "a capacity": f"{HEAD}variables: {{v: {{type: number}}}}\ndeployments:\n  d: {{model: {{format: OpenAI, name: m}}, "
    'sku: {name: S, capacity: "${var.v}"}}\n',
    "another type": agent('temperature: "${var.v}"'),
}
HELD: Final = {"number": ["7", "8"], "mapping": ["{model: gpt}", "{kind: hosted, x: y}"]}


@pytest.mark.parametrize("place", REFUSED)
def test_where_it_would_be_told_it_is_refused_whatever_it_holds(tmp_path: Path, place: str) -> None:
    text = REFUSED[place]
    kind = next((kind for kind in HELD if f"type: {kind}" in text), "")
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts" / "gpt.md").write_text("x", encoding="utf-8")
    (tmp_path / "gpt").write_text("x", encoding="utf-8")
    told = []
    for value in HELD.get(kind, ["gpt", "other", "hosted", "keep", "quota", "true", "../x", "x" * 600]):
        loaded = load_text(tmp_path, text, environ={"PROVISIONER_SECRET_v": value})
        assert "variable-sensitive" in [it.code for it in loaded.diagnostics], full(loaded)
        told.append(diagnostics_json(loaded.diagnostics))

    assert len(set(told)) == 1


ACCEPTED: Final = {
    "one of several": agent('state: "${var.v}"'),
    "a description": agent('description: "${var.v}"'),
    "a name among names": agent(
        'tools: [{type: function, name: "${var.v}"}, {type: function, name: gpt}, {type: function, name: b b}]'
    ),
    "a label": agent('tools: [{type: mcp, server_label: "${var.v}", server_url: "${var.v}"}]'),
    "metadata": agent('metadata: {a: "${var.v}"}'),
    "reasoning": agent('reasoning: {effort: "${var.v}"}'),
    "an answer's name": agent('text: {format: {type: json_schema, name: "${var.v}", schema: {}}}'),
    "a connection's target": f"{HEAD}variables: {{v: {{}}}}\nconnections: {{conn: {{auth_type: ApiKey, "
    'category: ApiKey, target: "${var.v}", credentials: {key: "${var.v}"}, credentials_version: 1}}\n',
    "a pattern": f'{HEAD}variables: {{v: {{}}}}\nrai_blocklists: {{b: {{items: {{i: {{pattern: "${{var.v}}"}}}}}}}}\n',
}


@settings(max_examples=tries(150), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(sorted(ACCEPTED)),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=700),
)
@example("a name among names", "gpt")
@example("one of several", "disabled")
@example("a description", "x" * 10_000)
@example("a connection's target", "no url")
def test_whether_a_manifest_is_right_does_not_depend_on_what_it_holds(tmp_path: Path, place: str, value: str) -> None:
    """Else who may write manifests could try candidates, thousands in one run."""
    told = []
    for each in ("fixed", value):
        loaded = load_text(tmp_path, ACCEPTED[place], environ={"PROVISIONER_SECRET_v": each})
        told.append((loaded.manifest is None, diagnostics_json(loaded.diagnostics)))

    assert told[0] == told[1]


def test_a_sensitive_value_reads_no_file(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"type": "object"}', encoding="utf-8")
    text = agent('tools: "${var.v}"').replace("{v: {}}", "{v: {type: list, sensitive: true}}")
    for name in ("a.json", "missing.json", "../x"):
        tools = [{"type": "function", "name": "f", "parameters": {"file": name}}]
        loaded = load_text(tmp_path, text, environ={"PROVISIONER_SECRET_v": json.dumps(tools)})
        assert brief(loaded) == []
        assert manifest_of(loaded).resources[Address("agents", "a")].fields["tools"] == tools


def test_an_enum_is_no_oracle(tmp_path: Path) -> None:
    text = agent('description: "${var.v}"').replace("{v: {}}", "{v: {enum: [gpt, b, c]}}")
    told = {full(load_text(tmp_path, text, environ={"PROVISIONER_SECRET_v": value})) for value in ("gpt", "no")}

    assert len(told) == 1
    assert "has an `enum`" in told.pop()


def test_what_is_declared_sensitive_and_written_in_the_manifest_is_told(tmp_path: Path) -> None:
    text = agent('description: "${var.v}"').replace("{v: {}}", "{v: {sensitive: true, default: hunter2}}")
    loaded = load_text(tmp_path, text)
    assert [it.split()[1] for it in brief(loaded)] == ["variable-in-the-open"]
    assert "hunter2" not in full(loaded)

    key = (
        f"{HEAD}variables: {{v: {{sensitive: true, default: hunter2}}}}\nconnections: {{conn: {{category: ApiKey, "
        'target: "https://x", auth_type: ApiKey, credentials: {key: "${var.v}"}, credentials_version: 1}}\n'
    )
    codes = {it.code for it in load_text(tmp_path, key).diagnostics}
    assert codes == {"variable-in-the-open", "secret-in-manifest"}
    plain = key.replace("sensitive: true, default: hunter2", "")
    assert "secret-in-manifest" in [it.code for it in load_text(tmp_path, plain, variables=[("v", "x")]).diagnostics]
    given_so = load_text(tmp_path, plain, environ={"PROVISIONER_SECRET_v": "x"})
    assert manifest_of(given_so).resources


def test_nobody_can_unmark_it(tmp_path: Path) -> None:
    text = agent('description: "${var.v}"').replace("{v: {}}", "{v: {sensitive: false}}")
    for environ, options in (
        ({"PROVISIONER_SECRET_v": "hunter2"}, {}),
        ({"PROVISIONER_SECRET_v": "hunter2", "PROVISIONER_VAR_v": "plain"}, {}),
        ({"PROVISIONER_SECRET_v": "hunter2"}, {"variables": [("v", "plain")]}),
    ):
        manifest = manifest_of(load_text(tmp_path, text, environ=environ, **options))
        wanted = manifest.resources[Address("agents", "a")]
        assert wanted.written[("description",)] == Written("${var.v}", is_private=True, is_secret=True)


# -- what the service says

AGENT: Final = Address("agents", "a")


def refusal_of(message: str, fields: Document, written: dict[Place, Written]) -> str:
    wanted = Desired(address=AGENT, fields=fields, written=written)
    change = Change(action=Action.CREATE, address=AGENT, after=fields, declared=fields, wanted=wanted)
    return hushed(PlaneError(Failure(message=message, code="x", status=400)), change).failure.message


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("Bad value 'swordfish-of-day'.", "Bad value '(sensitive)'."),
        ("Bad value 'SWORDFISH-OF-DAY'.", "Bad value '(sensitive)'."),
        ("Bad value 'swordfi…' (cut).", "Bad value '(sensitive)…' (cut)."),
        ("The model gpt is not there.", "The model gpt is not there."),
    ],
)
def test_what_a_service_repeats_is_not_shown(said: str, shown: str) -> None:
    written: dict[Place, Written] = {("description",): Written("${var.v}", is_private=True, is_secret=True)}

    assert refusal_of(said, {"description": "swordfish-of-day", "model": "gpt"}, written) == shown


@pytest.mark.parametrize("value", [42, True, "abc", [1, 2], {"a": 7}])
def test_of_what_cannot_be_told_from_words_nothing_is_shown(value: object) -> None:
    written: dict[Place, Written] = {("x",): Written("${var.v}", is_private=True, is_secret=True)}

    assert "42" not in refusal_of("x must be below 42, is abc, True, [1, 2] or 7", {"x": value}, written)
    assert refusal_of("It is 42.", {"x": value}, {}) == "It is 42."


# -- the marker


def test_the_marker_tells_the_places_and_older_ones_are_understood() -> None:
    old = AppliedRecord("2.abcdefghij~klmn")
    assert (old.secrets, old.lacks(("x",))) == (frozenset(), False)

    text = AppliedRecord.of({"a": "x", "b": {"c": 1}}, 256, whose=AGENT, kept_back=[("a",)], secrets=["AAAA", "BBBB"])
    record = AppliedRecord(text)
    assert record.secrets == {"AAAA", "BBBB"}
    assert record.lacks(("a",))
    assert record.knows(("b", "c"))
    assert len(AppliedRecord.of({str(it): it for it in range(200)}, 256, secrets=["AAAA"] * 12)) <= 256


def test_a_copied_or_foreign_marker_hides_no_more_than_it_says() -> None:
    live = Live(address=AGENT, fields={"a": {"b": "x"}, "c": "y"}, marker=Marker(owner="o", applied="1.abc^garbage"))
    change = Change(action=Action.DELETE, address=AGENT, before=live)

    assert change.hides_before(live.fields) == live.fields


def test_many_sensitive_places_are_told_by_what_they_are_in(tmp_path: Path) -> None:
    fields = ", ".join(f'k{nr}: "${{var.v}}"' for nr in range(13))
    text = agent(f'metadata: {{{fields}}}, description: "${{var.v}}"')
    manifest = manifest_of(load_text(tmp_path, text, environ={"PROVISIONER_SECRET_v": "x"}))
    wanted: Any = manifest.resources[AGENT]

    assert len(wanted.written) == 14
    assert load([tmp_path / "m.yaml"], environ={"PROVISIONER_SECRET_v": "x"}).manifest is not None
