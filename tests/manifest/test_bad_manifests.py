"""One mistake per case, and exactly the diagnostics it causes: `line:column code`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.manifest.manifests import HEAD, HEAD_LINES, MODELS, brief, load_text, manifest_of

STORE = "stores:\n  s: {chat_model: gpt, embedding_model: emb%s}\n"
AGENT = "agents:\n  a: {model: gpt%s}\n"

# What follows a good head, and the line counted from there.
CASES = {
    # YAML
    "tab": ("agents:\n\ta: 1\n", ["2:1 yaml-syntax"]),
    "colon in text": ("agents: a: b\n", ["1:10 yaml-syntax"]),
    "open quote": ('agents: "a\n', ["2:1 yaml-syntax"]),
    "open bracket": ("agents: {a: [1, 2\n", ["2:1 yaml-syntax"]),
    "crooked indentation": ("agents:\n    a: {external: true}\n  b: {external: true}\n", ["3:3 yaml-syntax"]),
    "unknown escape": ('x-a: "\\d"\n', ["1:7 yaml-syntax"]),
    "surrogate escape": ('x-a: "\\ud800"\n', ["1:9 yaml-syntax"]),
    "leading at sign": ("x-a: @b\n", ["1:6 yaml-syntax"]),
    "two documents": ("---\nversion: 1\n", ["1:1 several-documents"]),
    "duplicate key": (MODELS + AGENT % ", model: emb", ["5:19 duplicate-key"]),
    "duplicate key after a mistake": (
        MODELS + "agents:\n  a: {model: 5, model: gpt}\n",
        ["5:14 wrong-type", "5:17 duplicate-key"],
    ),
    "duplicate section after mistakes": (
        "agents:\n  a_b: {modle: c/d}\nagents: {}\n",
        ["2:3 bad-name", "2:3 missing-key", "2:9 unknown-key", "3:1 duplicate-key"],
    ),
    "duplicate key in a badly named entry": (
        MODELS + "agents:\n  a_b: {model: gpt, model: gpt}\n",
        ["5:3 bad-name", "5:21 duplicate-key"],
    ),
    "python tag": ("x-a: !!python/object:os.system {}\n", ["1:6 yaml-tag"]),
    "own tag": ("x-a: !secret b\n", ["1:6 yaml-tag"]),
    "number as key": ("agents: {1: {external: true}}\n", ["1:10 key-not-text"]),
    "null as key": ("x-a: {~: 1}\n", ["1:7 key-not-text"]),
    "mapping as key": ("x-a: {[b]: 1}\n", ["1:7 key-not-text"]),
    "unquoted placeholder": ("x-a: {scope: {{$userId}}}\n", ["1:15 key-not-text"]),
    "unknown alias": ("x-a: *b\n", ["1:6 alias-unknown"]),
    "alias to itself": ("x-a: &a {b: *a}\n", ["1:13 alias-loop"]),
    "merge of text": ("x-a: {<<: b}\n", ["1:11 merge-not-mapping"]),
    "yes as value": (MODELS + STORE % ", lifecycle: {prevent_destroy: yes}", ["5:75 yaml-ambiguous"]),
    "on as key": ("x-a: {on: 1}\n", ["1:7 yaml-ambiguous"]),
    "on as unknown key": ("on: 1\n", ["1:1 yaml-ambiguous"]),
    "no": ("x-a: [no, off, Off, NO]\n", [f"1:{column} yaml-ambiguous" for column in (7, 11, 16, 21)]),
    "date": ("x-a: 2025-04-14\n", ["1:6 yaml-ambiguous"]),
    "time": ("x-a: 2025-04-14 10:00:00\n", ["1:6 yaml-ambiguous"]),
    "sexagesimal": ("x-a: 1:30\n", ["1:6 yaml-ambiguous"]),
    "octal": ("x-a: [010, 0o10]\n", ["1:7 yaml-ambiguous", "1:12 yaml-ambiguous"]),
    "leading zero": ("x-a: 08\n", ["1:6 yaml-ambiguous"]),
    "hexadecimal and binary": ("x-a: [0x1F, 0b1]\n", ["1:7 yaml-ambiguous", "1:13 yaml-ambiguous"]),
    "underscores": ("x-a: 1_000\n", ["1:6 yaml-ambiguous"]),
    "infinity": ("x-a: [.inf, -.INF, .nan]\n", [f"1:{column} yaml-ambiguous" for column in (7, 13, 20)]),
    "exponent without point": ("x-a: 1e3\n", ["1:6 yaml-ambiguous"]),
    "too large a number": ("x-a: 1.0e999\n", ["1:6 yaml-ambiguous"]),
    "too long a number": (f"x-a: {'1' * 5000}\n", ["1:6 yaml-ambiguous"]),
    "equals sign": ("x-a: =\n", ["1:6 yaml-ambiguous"]),
    # the head
    "unknown top-level key": ("agnets: {}\n", ["1:1 unknown-key"]),
    "section is a list": ("agents: [a]\n", ["1:9 wrong-type"]),
    "section is text": ("stores: none\n", ["1:9 wrong-type"]),
    # keys and types
    "unknown key": (MODELS + AGENT % ", temprature: 1", ["5:19 unknown-key"]),
    "unknown inner key": (MODELS + AGENT % ", reasoning: {efort: low}", ["5:31 unknown-key"]),
    "missing keys": ("deployments:\n  d1: {}\n", ["2:3 missing-key", "2:3 missing-key"]),
    "missing inner key": (
        "deployments:\n  d1: {model: {format: x, name: m}, sku: {capacity: 1}}\n",
        ["2:37 missing-key"],
    ),
    "empty entry": ("agents:\n  a:\n", ["2:5 wrong-type"]),
    "entry is text": ("agents:\n  a: gpt\n", ["2:6 wrong-type"]),
    "null where text is wanted": (MODELS + AGENT % ", description: null", ["5:32 wrong-type"]),
    "number where text is wanted": (MODELS + AGENT % ", description: 5", ["5:32 wrong-type"]),
    "text where a number is wanted": (MODELS + AGENT % ", temperature: warm", ["5:32 wrong-type"]),
    "true where a number is wanted": (MODELS + AGENT % ", temperature: true", ["5:32 wrong-type"]),
    "text where a list is wanted": (MODELS + AGENT % ", tools: none", ["5:26 wrong-type"]),
    "list where text or a mapping is wanted": (MODELS + AGENT % ", instructions: [a]", ["5:33 wrong-type"]),
    "wrong type inside a list": (MODELS + AGENT % ", tools: [a]", ["5:27 wrong-type"]),
    "quoted number": (
        'deployments:\n  d1: {model: {format: x, name: m}, sku: {name: z, capacity: "5"}}\n',
        ["2:62 wrong-type"],
    ),
    "not one of the allowed": (MODELS + AGENT % ", state: on_hold", ["5:26 bad-value"]),
    "not the constant": (MODELS + STORE % ", kind: graph", ["5:52 bad-value"]),
    "too small": (MODELS + AGENT % ", top_p: -1", ["5:26 out-of-range"]),
    "too large": (MODELS + AGENT % ", temperature: 2.5", ["5:32 out-of-range"]),
    "too long a text": (MODELS + AGENT % f", description: {'x' * 513}", ["5:32 too-long"]),
    "too long a list": (MODELS + AGENT % f", tools: [{'{type: computer}, ' * 129}]", ["5:26 too-long"]),
    "too long a key": (MODELS + AGENT % f", metadata: {{{'k' * 65}: v}}", ["5:30 too-long"]),
    "other alternative's mistake": (MODELS + AGENT % ", instructions: {file: 5}", ["5:40 wrong-type"]),
    # names
    "bad deployment names": (
        'deployments: {"a b": {model: *m, sku: *s}, a: {model: *m, sku: *s}}\n'.replace(
            "*m", "{format: x, name: m}"
        ).replace("*s", "{name: z}"),
        ["1:15 bad-name", "1:69 bad-name"],
    ),
    "bad agent names": (
        'agents: {a_b: {model: c/d}, -a: {model: c/d}, "": {model: c/d}, "a\\n": {model: c/d}}\n',
        ["1:10 bad-name", "1:29 bad-name", "1:47 bad-name", "1:65 bad-name"],
    ),
    "long agent name": (f"agents: {{{'a' * 64}: {{model: c/d}}}}\n", ["1:10 bad-name"]),
    "bad store names": (
        MODELS
        + "stores:\n  a/b: {chat_model: gpt, embedding_model: emb}\n  ..: {chat_model: gpt, embedding_model: emb}\n",
        ["5:3 bad-name", "6:3 bad-name"],
    ),
    "names that not even others can have given": (
        'stores: {"": {external: true}, .: {external: true}, "..": {external: true}, "a\\u202eb": {external: true}}\n',
        ["1:10 bad-name", "1:32 bad-name", "1:53 bad-name", "1:77 bad-name"],
    ),
    # external and lifecycle
    "external with a model": ("agents:\n  a: {external: true, model: gpt}\n", ["2:23 external-key"]),
    "external is text": ('agents:\n  a: {external: "true"}\n', ["2:17 wrong-type"]),
    "unknown lifecycle key": (MODELS + AGENT % ", lifecycle: {protect: true}", ["5:31 unknown-key"]),
    "unknown on_remove": (MODELS + AGENT % ", lifecycle: {on_remove: forget}", ["5:42 bad-value"]),
    "ignored field that cannot be": (MODELS + AGENT % ", lifecycle: {ignore: [modle]}", ["5:40 unknown-field"]),
    "ignored inner field that cannot be": (
        MODELS + STORE % ", lifecycle: {ignore: [options.ttl]}",
        ["5:67 unknown-field"],
    ),
    "ignored item of a list": (MODELS + AGENT % ", lifecycle: {ignore: [tools.0]}", ["5:40 unknown-field"]),
    "ignored nothing": (MODELS + AGENT % ', lifecycle: {ignore: [""]}', ["5:40 unknown-field"]),
    "ignored field below text": (MODELS + AGENT % ", lifecycle: {ignore: [model.x]}", ["5:40 unknown-field"]),
    # names that ignore case
    "two deployments in other letters": (
        MODELS + "  GPT: {external: true}\n",
        ["4:3 duplicate-resource"],
    ),
    "a deployment named in other letters": (MODELS + "agents:\n  a: {model: GPT}\n", ["5:14 unknown-reference"]),
    # references
    "unknown deployment": (MODELS + "agents:\n  a: {model: gtp}\n", ["5:14 unknown-reference"]),
    "unknown store": (
        MODELS + AGENT % ", tools: [{type: memory_search, memory_store_name: s, scope: x}]",
        ["5:68 unknown-reference"],
    ),
    "chat and embedding mixed up": (
        MODELS + "stores:\n  s: {chat_model: emb, embedding_model: gpt}\n",
        ["5:19 wrong-model-kind", "5:41 wrong-model-kind"],
    ),
    "a deployment that needs itself": (
        "deployments:\n  d1: {model: {format: x, name: m}, sku: {name: z}, spillover_deployment_name: d1}\n",
        ["2:80 reference-cycle"],
    ),
    # kinds
    "reserved metadata": (MODELS + AGENT % ", metadata: {provisioner-owner: me}", ["5:49 reserved-name"]),
    "too much metadata": (
        MODELS + AGENT % f", metadata: {{{', '.join(f'k{i}: v' for i in range(14))}}}",
        ["5:29 metadata-limit"],
    ),
    "agent without model": ("agents:\n  a: {description: x}\n", ["2:3 missing-key"]),
    "key of another kind of agent": (MODELS + AGENT % ', cpu: "1"', ["5:24 wrong-agent-kind"]),
    "hosted without source": (
        'agents:\n  a: {kind: hosted, cpu: "1", memory: 2Gi}\n',
        ["2:3 hosted-source"],
    ),
    "memory tool without store": (
        MODELS + AGENT % ', tools: [{type: memory_search, scope: "x"}]',
        ["5:27 missing-key"],
    ),
    "anthropic": (
        "deployments:\n  d1: {model: {format: Anthropic, name: c}, sku: {name: z}}\n",
        ["2:24 model-provider-data"],
    ),
    # variables
    "forbidden variable": (MODELS + AGENT % ', description: "${env:AWS_SECRET}"', ["5:32 env-not-allowed"]),
    "forbidden variable with default": (MODELS + AGENT % ', description: "${env:HOME:-x}"', ["5:32 env-not-allowed"]),
    "unset variable": (MODELS + AGENT % ', description: "${env:FOUNDRY_X}"', ["5:32 env-unset"]),
    "half a variable": (MODELS + AGENT % ', description: "${env:FOUNDRY_X"', ["5:32 env-malformed"]),
    "variable without name": (MODELS + AGENT % ', description: "${env:}"', ["5:32 env-malformed"]),
    "variable that is no number": (MODELS + AGENT % ', temperature: "${env:FOUNDRY_X:-hot}"', ["5:32 env-bad-value"]),
    # files
    "text file outside": (MODELS + AGENT % ", instructions: {file: ../x}", ["5:40 bad-path"]),
    "text file that is missing": (MODELS + AGENT % ", instructions: {file: x.md}", ["5:40 file-missing"]),
}


@pytest.mark.parametrize(("text", "expected"), [pytest.param(*case, id=name) for name, case in CASES.items()])
def test_a_mistake_is_told_where_it_is(tmp_path: Path, text: str, expected: list[str]) -> None:
    def moved(place: str) -> str:
        line, rest = place.split(":", 1)
        return f"m.yaml:{int(line) + HEAD_LINES}:{rest}"

    assert brief(load_text(tmp_path, HEAD + text)) == [moved(place) for place in expected]


HEADS = {
    "no version": ("name: a\n", ["1:1 missing-key"]),
    "version as text": ('version: "1"\nname: a\n', ["1:10 bad-value"]),
    "another version": ("version: 2\nname: a\n", ["1:10 bad-value"]),
    "no name": ("version: 1\n", ["1:1 missing-key"]),
    "name is a number": ("version: 1\nname: 5\n", ["2:7 wrong-type"]),
    "name with a blank": ("version: 1\nname: a b\n", ["2:7 bad-name"]),
    "name that ends with a dot": ("version: 1\nname: a.\n", ["2:7 bad-name"]),
    "long name": (f"version: 1\nname: {'a' * 64}\n", ["2:7 bad-name"]),
    "unknown project key": ("version: 1\nname: a\nproject: {endpiont: x}\n", ["3:11 unknown-key"]),
    "project key is a number": ("version: 1\nname: a\nproject: {account: 5}\n", ["3:20 wrong-type"]),
    "project is a list": ("version: 1\nname: a\nproject: []\n", ["3:10 wrong-type"]),
    "a list": ("- a\n", ["1:1 wrong-type"]),
    "text": ("hello\n", ["1:1 wrong-type"]),
    "nothing": ("", ["1:1 file-empty"]),
    "a comment": ("# nothing\n", ["1:1 file-empty"]),
    "a dash line": ("---\n", ["1:1 file-empty"]),
    "only a bad value": ("on\n", ["1:1 yaml-ambiguous"]),
    "Latin-1": (b"version: 1\nname: caf\xe9\n", ["2:10 not-utf8"]),
    "UTF-16": ("version: 1\n".encode("utf-16"), ["1:1 not-utf8"]),
    "a NUL": ("version: 1\nname: \0\n", ["2:7 control-character"]),
    "an escape sequence": ("version: 1\nname: a\n# \x1b[31m\n", ["3:3 control-character"]),
}


@pytest.mark.parametrize(("data", "expected"), [pytest.param(*case, id=name) for name, case in HEADS.items()])
def test_a_mistake_in_the_head_is_told_where_it_is(tmp_path: Path, data: str | bytes, expected: list[str]) -> None:
    loaded = load_text(tmp_path, data, project_needed=False)

    assert brief(loaded) == [f"m.yaml:{place}" for place in expected]


GOOD = {
    "byte order mark": "\ufeff" + HEAD,
    "Windows line ends": (HEAD + MODELS + STORE % "" + AGENT % "").replace("\n", "\r\n"),
    "empty sections": HEAD + "deployments:\nstores: ~\nagents: {}\n",
    "anchors in an extension": HEAD + "x-tags: &tags {team: a}\n" + MODELS + AGENT % ", metadata: *tags",
    "merge keys": HEAD
    + "x-a: &a {model: gpt, temperature: 1}\n"
    + MODELS
    + "agents: {b: {<<: *a, temperature: 0.5}}\n",
    "null where anything goes": HEAD + MODELS + AGENT % ", structured_inputs: {x: {default_value: null}}",
    "tools that hold anything": HEAD
    + MODELS
    + AGENT % ", tools: [{type: function, name: f, parameters: {deep: {er: [1, null, {}]}}}]",
    "ignored fields": HEAD + MODELS + AGENT % ", lifecycle: {ignore: [metadata.x, text.format.name, instructions]}",
    "a model behind a connection": HEAD + "agents: {a: {model: conn/gpt}}\n",
    "names that only others can have given": HEAD
    + 'deployments: {"a b": {external: true}, c: {external: true}}\n'
    + "agents: {a_b: {external: true}}\nstores: {a/b: {external: true}}\n",
    "agents in other letters": HEAD + MODELS + "agents: {a: {model: gpt}, A: {model: gpt}}\n",
    "an external deployment": HEAD + "deployments: {gpt: {external: true}}\nagents: {a: {model: gpt}}\n",
    "not external": HEAD + MODELS + AGENT % ", external: false",
    "empty lifecycle": HEAD + MODELS + AGENT % ", lifecycle: {ignore: []}",
}


@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in GOOD.items()])
def test_what_is_right_causes_no_diagnostic(tmp_path: Path, text: str) -> None:
    loaded = load_text(tmp_path, text)

    assert brief(loaded) == []
    assert manifest_of(loaded).name == "team"
