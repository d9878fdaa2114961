"""What a manifest may cost. Each input is one of `benchmarks/hostile.py`, which also measures them all."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.hostile import HOSTILE, MB
from provisioner.manifest.limits import MOST_COUNTED, MOST_TOLD, Resource, bounded
from provisioner.manifest.places import Lines
from provisioner.model.diagnostic import Diagnostic, Severity
from provisioner.model.words import guess
from tests.manifest.manifests import HEAD, MODELS, brief, full, load_files, load_text

pytestmark = pytest.mark.untraced

ROOT = Path(__file__).parents[2]
BY_NAME = {each.name: each for each in HOSTILE}
# At the size at which it took more than half a minute or two gigabytes, and what is told now.
ATTACKS = [
    ("brackets in three files", 27 * MB, "manifest-too-big"),
    ("fifty files of one text", 50 * MB, ""),
    ("one text for a thousand agents", MB, "alias-bomb"),
    ("one file for all agents", MB, "manifest-too-big"),
    ("a variable a million times", 16 * MB, "manifest-too-big"),
    ("unclosed variables", MB, "env-malformed"),
    ("unclosed defaults", 4 * MB, "env-malformed"),
    ("variables that may not be read", 4 * MB, "env-not-allowed"),
    ("dollar signs", MB, ""),
    ("ignored fields", 4 * MB, "unknown-field"),
    ("ignored fields that cannot be", MB, "unknown-field"),
    ("a .env of quotes", 8 * MB, "file-too-big"),
    ("one wrong type among many", 4 * MB, "wrong-type"),
    ("unknown keys", 4 * MB, "unknown-key"),
    ("unknown tools", 4 * MB, "manifest-too-big"),
    ("references among similar names", MB // 4, "unknown-reference"),
    ("a circle", MB // 2, "reference-cycle"),
    ("a long key", 16 * MB, "too-long"),
    ("base 60", 16 * MB, "yaml-ambiguous"),
    ("line ends", 16 * MB, ""),
]

_LIMITED = """
import sys
try:
    import resource
    resource.setrlimit(resource.RLIMIT_AS, (2_000_000_000, 2_000_000_000))
except ImportError:
    pass
from provisioner.cli.main import main
main()
"""


@pytest.mark.parametrize(("name", "size", "code"), [pytest.param(*each, id=each[0]) for each in ATTACKS])
def test_what_is_much_or_twisted_is_answered_all_the_same(tmp_path: Path, name: str, size: int, code: str) -> None:
    hostile = BY_NAME[name]
    hostile.write(tmp_path, size)
    done = subprocess.run(
        [sys.executable, "-c", _LIMITED, *hostile.commands[0], "--format", "json"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "FOUNDRY_LONG": "v" * 100_000},
        capture_output=True,
        text=True,
        timeout=60,  # a backstop: it takes a few seconds
        check=False,
    )

    assert done.returncode in (0, 1)
    assert not code or code in {each["code"] for each in json.loads(done.stdout)["diagnostics"]}
    assert len(done.stdout) < 5 * MB


def test_ten_thousand_agents_with_instructions_of_pages_are_accepted(tmp_path: Path) -> None:
    line = "      Answer in the language of the question, and say so when you do not know.\n"
    instructions = f"    instructions: |\n{line * 50}"  # 4 KB
    for part in range(4):
        agents = "".join(f"  a{part}-{n}:\n    model: gpt\n{instructions}" for n in range(2_500))
        head = HEAD + MODELS if part == 0 else "version: 1\n"
        (tmp_path / f"m{part}.yaml").write_text(f"{head}agents:\n{agents}", encoding="utf-8")
    loaded = load_files([tmp_path])

    assert brief(loaded) == []
    assert loaded.manifest is not None
    assert len(loaded.manifest.resources) == 10_002


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param(f"x-a: [{'1,' * (Resource.VALUES.limit + 1)}]", "600,000 values", id="values"),
        pytest.param(
            "agents:\n" + "".join(f"  a{n}: {{external: true}}\n" for n in range(Resource.RESOURCES.limit + 1)),
            "20,000 resources",
            id="resources",
        ),
        pytest.param(
            f"agents: {{a: {{model: gpt, description: '{'${env:FOUNDRY_X:-}' * (Resource.VARIABLES.limit + 1)}'}}}}",
            "100,000 references to variables",
            id="references to variables",
        ),
        pytest.param(
            f"agents: {{a: {{model: gpt, description: '{'${env:FOUNDRY_LONG}' * 700}'}}}}",
            "64,000,000 characters",
            id="what variables hold",
        ),
        pytest.param(f"x-a: &a {'a ' * 500_000}\nx-b: [{'*a,' * 70}]", "64,000,000 characters", id="aliases of a text"),
    ],
)
def test_a_manifest_that_is_too_big_is_told_by_how_much_it_may_be(tmp_path: Path, text: str, words: str) -> None:
    loaded = load_text(tmp_path, HEAD + MODELS + text + "\n", environ={"FOUNDRY_LONG": "v" * 100_000})

    assert {each.code for each in loaded.diagnostics} <= {"manifest-too-big", "alias-bomb"}
    assert words in full(loaded)
    assert len(loaded.diagnostics) == 1


def test_all_files_count_together(tmp_path: Path) -> None:
    for name in "abc":
        (tmp_path / f"{name}.yaml").write_text(f"version: 1\nx-a: [{'1,' * 250_000}]\n", encoding="utf-8")

    assert [each.code for each in load_files([tmp_path]).diagnostics] == ["manifest-too-big"]
    assert brief(load_files([tmp_path / "a.yaml"], project_needed=False)) == ["a.yaml:1:1 missing-key"]


def test_so_do_the_documents_that_they_name(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text(f'{{"a": [{"1," * 250_000}1]}}', encoding="utf-8")
    tools = ", ".join("{type: function, name: f, parameters: {file: x.json}}" for _ in range(3))
    loaded = load_text(tmp_path, f"{HEAD}{MODELS}agents: {{a: {{model: gpt, tools: [{tools}]}}}}\n")

    assert "manifest-too-big" in {each.code for each in loaded.diagnostics}


def problems(errors: int, warnings: int) -> list[Diagnostic]:
    return [
        *(Diagnostic(code="x", message=f"{n}", severity=Severity.WARNING) for n in range(warnings)),
        *(Diagnostic(code="x", message=f"{n}") for n in range(errors)),
    ]


def test_of_many_problems_the_first_are_told_and_the_rest_are_counted() -> None:
    told = list(bounded(problems(errors=0, warnings=MOST_TOLD + 234)))

    assert len(told) == MOST_TOLD + 1
    assert (told[-1].code, told[-1].severity) == ("more-problems", Severity.WARNING)
    assert "234 more" in told[-1].message
    assert list(bounded(problems(errors=7, warnings=7))) == problems(errors=7, warnings=7)


def test_no_error_hides_behind_a_thousand_warnings(tmp_path: Path) -> None:
    assert list(bounded(problems(errors=1, warnings=MOST_TOLD)))[-1].is_error
    assert list(bounded(problems(errors=0, warnings=MOST_COUNTED + 10)))[-1].is_error

    tool = "{type: function, name: f, descripton: x}"
    agents = "".join(f"  a{number}: {{model: gpt, tools: [{tool}]}}\n" for number in range(MOST_TOLD + 1))
    fine = load_text(tmp_path, f"{HEAD}{MODELS}agents:\n{agents}")
    bad = load_text(tmp_path, f"{HEAD}{MODELS}agents:\n{agents}  z: {{model: gpt, tools: [{{type: function}}]}}\n")

    assert fine.manifest is not None
    assert bad.manifest is None


def test_what_does_not_fit_and_is_not_told_one_by_one_is_still_refused(tmp_path: Path) -> None:
    wrong = ", ".join(f"k{number}: 1" for number in range(MOST_TOLD + 50))
    text = f"{HEAD}{MODELS}agents:\n  a: {{model: gpt, metadata: {{{wrong}}}}}\n  b: {{model: gpt, temperature: hot}}\n"
    loaded = load_text(tmp_path, text)

    assert loaded.manifest is None
    assert MOST_TOLD < len(loaded.diagnostics) <= MOST_TOLD + 5
    assert "more-problems" in {each.code for each in loaded.diagnostics if each.is_error}


@pytest.mark.parametrize(
    "text", ["a\nb\r\nc\rd\n\ne", "\r\n" * 9_000 + "x" * 20_000 + "\r\ny", "\n" * 40_000, "", "\r"]
)
def test_places_are_found_without_an_index_of_every_line(text: str) -> None:
    lines = Lines("f", text)
    starts = [0]
    for at, char in enumerate(text):
        if char == "\n" or (char == "\r" and text[at + 1 : at + 2] != "\n"):
            starts.append(at + 1)
    offsets = [*range(min(len(text), 50)), *range(8_190, min(len(text), 16_400), 97), len(text)]
    for offset in offsets:
        before = [start for start in starts if start <= offset]
        found = lines.at(offset)

        assert (found.line, found.column) == (len(before), offset - before[-1] + 1)


def test_a_guess_is_still_made_among_thousands() -> None:
    assert guess("chta-7", [f"chat-{number}" for number in range(5_000)]) == 'Did you mean "chat-7"? '
    assert guess("zzz", [f"chat-{number}" for number in range(5_000)]) == ""
