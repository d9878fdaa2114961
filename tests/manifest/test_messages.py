"""The words, exactly, for the mistakes that are made most."""

from __future__ import annotations

from pathlib import Path

from provisioner.manifest.reader import read
from tests.manifest.manifests import HEAD, MODELS, full, load_files, load_text

MISTAKES = f"""{HEAD}
deployments:
  gpt-4.1-mini:
    model: {{format: OpenAI, name: gpt-4.1-mini, version: 2025-04-14}}
    sku: {{name: Standard, capacity: "50"}}
    version_upgrade_option: NoUpgrade
stores:
  prefs:
    chat_model: gpt-4.1-mni
    embeding_model: gpt-4.1-mini
agents:
  dev_buddy:
    model: gpt-4.1-mini
    temperature: 3
    description: ${{env:HOME}}
    tools:
      - {{type: memory_search, memory_store_name: prefs, scope: {{{{$userId}}}}}}
"""


def test_messages_say_what_why_and_what_to_do(tmp_path: Path) -> None:
    assert (
        full(load_text(tmp_path, MISTAKES)) + "\n"
        == """\
m.yaml:7:58 error yaml-ambiguous
  Unquoted `2025-04-14` is a date to some YAML readers and text to others.
  Quote it: "2025-04-14".
m.yaml:8:37 error wrong-type
  deployments/gpt-4.1-mini: `sku.capacity` is the text "50"; it must be a whole number.
  Remove the quotes: 50.
m.yaml:9:29 error bad-value
  deployments/gpt-4.1-mini: `version_upgrade_option` cannot be "NoUpgrade".
  Did you mean "NoAutoUpgrade"? Allowed: OnceNewDefaultVersionAvailable, OnceCurrentVersionExpired or NoAutoUpgrade.
m.yaml:11:3 error missing-key
  stores/prefs: `embedding_model` is missing.
  Add `embedding_model:`, for example `embedding_model: text-embedding-3-large`.
m.yaml:12:17 error unknown-reference
  stores/prefs uses the model deployment "gpt-4.1-mni" (`chat_model`), which this manifest does not define.
  Did you mean "gpt-4.1-mini"? Defined here: gpt-4.1-mini. One that exists and is not yours is declared with \
`deployments: {gpt-4.1-mni: {external: true}}`.
m.yaml:13:5 error unknown-key
  stores/prefs: the key "embeding_model" is not known.
  Did you mean "embedding_model"? Known keys: description, chat_model, embedding_model, options, scopes, metadata, \
kind, external, live_name and lifecycle.
m.yaml:15:3 error bad-name
  The agent name "dev_buddy" holds "_".
  Use letters, digits and "-"; "-" not at the beginning or end; at most 63 characters.
m.yaml:17:18 error out-of-range
  agents/dev_buddy: `temperature` is the number 3; it must be at most 2.
  Choose from 0 to 2.
m.yaml:18:18 error env-not-allowed
  The variable HOME may not be read by a manifest.
  Allowed are FOUNDRY_*, PROVISIONER_*, AZURE_SUBSCRIPTION_ID, AZURE_RESOURCE_GROUP, AZURE_LOCATION, and the names \
given with --allow-env.
m.yaml:20:65 error key-not-text
  A mapping or list stands where a key must be text.
  Quote a text that starts with "{" or "[": "{{$userId}}".
"""
    )


def test_a_tab_is_told_as_a_tab(tmp_path: Path) -> None:
    assert full(load_text(tmp_path, "version: 1\nagents:\n\ta: 1\n")) == (
        "m.yaml:3:1 error yaml-syntax\n"
        "  A tab stands where only spaces may.\n"
        "  Indent with spaces; most editors can convert tabs."
    )


def test_a_mixed_up_model_is_told_with_those_that_fit(tmp_path: Path) -> None:
    text = f"{HEAD}{MODELS}stores: {{s: {{chat_model: emb, embedding_model: emb}}}}\n"

    assert full(load_text(tmp_path, text)) == (
        "m.yaml:7:26 error wrong-model-kind\n"
        '  stores/s wants a chat model in `chat_model`, but the model deployment "emb" is of an embedding model.\n'
        "  Fitting here: gpt."
    )


def test_deployments_in_other_letters_are_told_with_both_places(tmp_path: Path) -> None:
    (tmp_path / "other.yaml").write_text("version: 1\ndeployments: {GPT: {external: true}}\n", encoding="utf-8")
    (tmp_path / "m.yaml").write_text(HEAD + MODELS, encoding="utf-8")
    loaded = load_files([tmp_path / "m.yaml", tmp_path / "other.yaml"])

    assert full(loaded).replace(tmp_path.as_posix(), "…") == (
        "other.yaml:2:15 error duplicate-resource\n"
        "  deployments/GPT is deployments/gpt of …/m.yaml:5:3: names of model deployments ignore case.\n"
        "  Keep one of the two."
    )


def test_a_deployment_in_other_letters_is_not_advised_to_be_declared_again(tmp_path: Path) -> None:
    assert full(load_text(tmp_path, f"{HEAD}{MODELS}agents: {{a: {{model: GPT}}}}\n")) == (
        "m.yaml:7:21 error unknown-reference\n"
        '  agents/a uses the model deployment "GPT" (`model`), which this manifest does not define.\n'
        '  Did you mean "gpt"? Defined here: gpt and emb.'
    )


def test_a_quoted_number_where_one_number_is_allowed(tmp_path: Path) -> None:
    assert full(load_text(tmp_path, HEAD.replace("version: 1", 'version: "1"'))) == (
        'm.yaml:1:10 error bad-value\n  `version` cannot be "1".\n  Remove the quotes: 1. Allowed: 1.'
    )
    assert full(load_text(tmp_path, HEAD.replace("version: 1", 'version: "2"'))).endswith("\n  Allowed: 1.")


def test_parsers_never_speak_for_themselves() -> None:
    """Each of their complaints that a manifest can cause has a sentence."""
    texts = (
        "a: b: c",
        "a: 'x",
        "[a",
        "{a",
        "a: [b\nc",
        "- a\nb: c",
        "a: %b",
        "a: `b",
        'a: "\\q"',
        "a: &",
        "a\nb: c",
        "%a\nb",
    )
    for text in texts:
        for fast in (True, False):
            (problem,) = read(text, file="f", fast=fast)[1]

            assert not problem.message.startswith("This is not YAML"), (text, fast, problem.message)


def test_the_value_of_a_secret_is_not_repeated(tmp_path: Path) -> None:
    environment = "{API_KEY: 4711, PASSWORD: [1], COUNT: 4711}"
    agent = f'agents:\n  h: {{kind: hosted, cpu: "1", memory: 2Gi, environment_variables: {environment}}}\n'
    told = full(load_text(tmp_path, f"{HEAD}\n{agent}"))

    assert "`environment_variables.API_KEY` is a number; it must be text." in told
    assert "`environment_variables.PASSWORD` is a list; it must be text." in told
    assert "`environment_variables.COUNT` is a number; it must be text." in told
