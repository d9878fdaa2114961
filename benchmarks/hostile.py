"""What a stranger's pull request can make us spend: each input, at 1, 4 and 16 MB where it can be that large.

Aims: every one answered within 10 s and 1 GB, and four times as much costs no more than four times the time (with some
slack). Prints the slowest at the end, and exits with 1 when one is over.

    python -m benchmarks.hostile [NAME ...]
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.world import PROVISIONER, ROOT, Run, measured, row

MOST_S: Final = 10.0
MOST_MB: Final = 1_000.0
SLACK: Final = 2.0  # how much worse than linear a measurement may look
FLOOR_S: Final = 1.5  # below it, growth is the start of the interpreter
MB: Final = 1_000_000
HEAD: Final = "version: 1\nname: a\nproject: {endpoint: 'https://a.services.ai.azure.com/api/projects/p'}\n"
MODEL: Final = "deployments: {gpt: {external: true}}\n"
VALIDATE: Final = ("validate",)
PLAN: Final = ("plan", "--local", "--state", ":memory:")
PLANS: Final = (PLAN, (*PLAN, "--format", "json"))

Write = Callable[[Path, int], None]


@dataclass(frozen=True, kw_only=True)
class Hostile:
    """`write` fills a folder with about so many bytes; `commands` are run in it."""

    name: str
    write: Write
    sizes: Sequence[int] = (MB, 4 * MB, 16 * MB)
    commands: Sequence[Sequence[str]] = (VALIDATE,)


def manifest(text: Callable[[int], str], *, head: str = HEAD) -> Write:
    """Everything in stores.yaml."""
    return lambda folder, size: _put(folder / "stores.yaml", head + text(size))


def description(piece: str) -> Write:
    """One text of an agent, made of a piece over and over."""
    return manifest(
        lambda size: f"{MODEL}agents: {{a: {{model: gpt, instructions: '{piece * (size // len(piece))}'}}}}\n"
    )


def planned(name: str, piece: str) -> Hostile:
    """One text of an agent, made of a piece over and over, which a plan has to show and to search for secrets."""

    def write(folder: Path, size: int) -> None:
        _put(
            folder / "stores.yaml",
            f"{HEAD}{MODEL}agents: {{a: {{model: gpt, instructions: {_quoted(piece, size)}}}}}\n",
        )

    return Hostile(name=name, write=write, commands=PLANS)


def _quoted(piece: str, size: int) -> str:
    return json.dumps(piece * (size // len(json.dumps(piece)[1:-1])))


def agents(line: str) -> Write:
    """Agents by the thousand; `#` in the line is the number of each."""
    return manifest(
        lambda size: (
            f"{MODEL}agents:\n"
            + "".join(f"  a{number}: {line.replace('#', str(number))}\n" for number in range(size // (len(line) + 12)))
        )
    )


def inside_agent(field: str, item: str, *, of: str = "{}") -> Write:
    """One field of an agent with very much in it."""
    return manifest(
        lambda size: (
            f"{MODEL}agents:\n  a:\n    model: gpt\n    {field}: "
            + of.format(",".join(item.replace("#", str(number)) for number in range(size // (len(item) + 6))))
            + "\n"
        )
    )


def beside(name: str, text: Callable[[int], str], stores: str) -> Write:
    """A file that the manifest names, or that is read with it."""

    def write(folder: Path, size: int) -> None:
        _put(folder / "stores.yaml", HEAD + MODEL + stores)
        _put(folder / name, text(size))

    return write


def several(count: int, text: Callable[[int], str]) -> Write:
    """So many files, all of one size."""

    def write(folder: Path, size: int) -> None:
        for number in range(count):
            _put(folder / f"m{number}.yaml", text(size // count))

    return write


def aliased(folder: Path, size: int) -> None:
    """One text of 0.9 MB, which every agent has."""
    text = f"x-text: &text {'a ' * 450_000}\n{MODEL}agents:\n"
    _put(
        folder / "stores.yaml",
        HEAD + text + "".join(f"  a{number}: {{model: gpt, instructions: *text}}\n" for number in range(size // 1000)),
    )


def aliased_lines(folder: Path, size: int) -> None:
    """One text of 1 MB in lines, which every agent has."""
    lines = "".join(f"  a{number}: {{model: gpt, instructions: *text}}\n" for number in range(size // MB))
    text = _quoted("a\n", 3 * MB // 2)
    _put(folder / "stores.yaml", f"x-text: &text {text}\n{HEAD}{MODEL}agents:\n{lines}")


def inlined(folder: Path, size: int) -> None:
    """One file of 0.9 MB, which every agent names."""
    _put(folder / "prompt.md", "a " * 450_000)
    line = "  a{}: {{model: gpt, instructions: {{file: prompt.md}}}}\n"
    lines = "".join(line.format(number) for number in range(size // 60))
    _put(folder / "stores.yaml", f"{HEAD}{MODEL}agents:\n{lines}")


def prompts(folder: Path, size: int) -> None:
    """Very many files, each read once."""
    for number in range(size // 100):
        _put(folder / f"p{number}.md", "Be kind.")
    line = "  a{0}: {{model: gpt, instructions: {{file: p{0}.md}}}}\n"
    _put(
        folder / "stores.yaml",
        HEAD + MODEL + "agents:\n" + "".join(line.format(number) for number in range(size // 100)),
    )


def circle(folder: Path, size: int) -> None:
    """Deployments of which each needs the next one, and the first."""
    count = size // 130
    line = (
        "  d{0}: {{model: {{format: x, name: m}}, sku: {{name: z}}, spillover_deployment_name: d{1}, "
        "parent_deployment_name: d0}}\n"
    )
    lines = (line.format(number, (number + 1) % count) for number in range(count))
    _put(folder / "stores.yaml", HEAD + "deployments:\n" + "".join(lines))


def exploding(folder: Path, size: int) -> None:
    rungs = "".join(f"x-a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12))
    _put(folder / "stores.yaml", HEAD + f"x-a0: &a0 [{'x,' * (size // 2)}]\n" + rungs)


FUNCTION: Final = "agents: {a: {model: gpt, tools: [{type: function, name: f, parameters: {file: x.json}}]}}\n"
PROMPT: Final = "agents: {a: {model: gpt, instructions: {file: x.md}}}\n"
SCOPE: Final = "[{{type: memory_search, memory_store_name: s, scope: '{}'}}]"
TYPO: Final = "{model: gpt, tools: [{type: function, name: f, descripton: x}]}"


def dollars(size: int) -> str:
    return f"{MODEL}agents: {{a: {{model: gpt, instructions: '{'$' * size}${{env:FOUNDRY_X:-x}}'}}}}\n"


def merged(size: int) -> str:
    keys = "".join(f"k{number}: 1," for number in range(size // 100))
    return f"x-a: &a {{{keys}}}\nx-b: [{'{<<: *a},' * 500}]\n"


def misspelt(size: int) -> str:
    there = "".join(f"  chat-{number}: {{external: true}}\n" for number in range(size // 70))
    return f"deployments:\n{there}agents:\n" + "".join(f"  a{n}: {{model: caht-{n}}}\n" for n in range(size // 70))


def underscored(size: int) -> str:
    return f"{MODEL}agents:\n" + "".join(f"  a_{number}: {{model: gpt}}\n" for number in range(size // 22))


def deep(size: int) -> str:
    return f"x-a: [{('[' * 90 + ']' * 90 + ',') * (size // 181)}]"


def endpoint(size: int) -> str:
    return f"name: n\nproject: {{endpoint: 'https://{'a' * size}.com/x'}}\n"


HOSTILE: Final = (
    # much of it
    Hostile(
        name="brackets in three files",
        write=several(3, lambda size: f"version: 1\nx-a: [{'[],' * (size // 3)}]\n"),
        sizes=(MB, 4 * MB, 27 * MB),
        commands=(("validate", "-f", "."),),
    ),
    Hostile(
        name="fifty files of one text",
        write=several(50, lambda size: f"version: 1\nx-a: {'a ' * (size // 2)}\n"),
        sizes=(4 * MB, 16 * MB, 50 * MB),
        commands=(("validate", "-f", "."),),
    ),
    Hostile(
        name="small files by the thousand",
        write=several(2_000, lambda _: "version: 1\n"),
        sizes=(MB,),
        commands=(("validate", "-f", "."),),
    ),
    Hostile(name="line ends", write=manifest(lambda size: "\n" * size)),
    Hostile(name="carriage returns", write=manifest(lambda size: "\r" * size)),
    Hostile(name="comments", write=manifest(lambda size: "#\n" * (size // 2))),
    Hostile(name="escapes", write=manifest(lambda size: 'x-a: "' + "\\u0041" * (size // 6) + '"\n')),
    Hostile(name="documents", write=manifest(lambda size: "---\na: 1\n" * (size // 9))),
    Hostile(name="anchors", write=manifest(lambda size: "x-a: [" + "&a b," * (size // 5) + "]\n")),
    Hostile(name="brackets", write=manifest(lambda size: "x-a: " + "[" * size)),
    Hostile(name="nested to the limit", write=manifest(deep)),
    Hostile(name="a digit", write=manifest(lambda size: f"x-a: {'1' * size}\n")),
    Hostile(name="a fraction", write=manifest(lambda size: f"x-a: 1.{'1' * size}\n")),
    Hostile(name="a date", write=manifest(lambda size: f"x-a: 2020-01-01 1:1{'1' * size}\n")),
    Hostile(name="base 60", write=manifest(lambda size: f"x-a: 1{':11' * (size // 3)}\n")),
    Hostile(name="a long key", write=manifest(lambda size: f"agents:\n  ? {'k' * size}\n  : {{model: gpt}}\n")),
    Hostile(name="an owner's name", write=manifest(lambda size: f"name: {'n' * size}\n", head="version: 1\n")),
    Hostile(name="an endpoint", write=manifest(endpoint, head="version: 1\n")),
    # what is expanded
    Hostile(name="one text for a thousand agents", write=aliased, sizes=(30_000, 60_000, MB)),
    Hostile(name="one file for all agents", write=inlined, sizes=(3_600, MB, 4 * MB)),
    Hostile(name="a file for each agent", write=prompts, sizes=(MB,)),
    Hostile(name="aliases that explode", write=exploding),
    Hostile(name="merge keys", write=manifest(merged)),
    Hostile(name="a variable a million times", write=description("${env:FOUNDRY_LONG}")),
    Hostile(name="long defaults", write=description("${env:FOUNDRY_X:-" + "d" * 1000 + "}")),
    # what a plan shows
    Hostile(
        name="a text of lines for many agents", write=aliased_lines, sizes=(4 * MB, 16 * MB, 60 * MB), commands=PLANS
    ),
    planned("lines to show", "a\n"),
    planned("lines like commands", "\n::"),
    planned("words with settings", "abc=b "),
    planned("a word of settings", "abc=b;"),
    planned("names like those of secrets", "a_key=b "),
    planned("secrets", "pwd=b; "),
    Hostile(name="agents to show", write=agents("{model: gpt}"), sizes=(100_000, 450_000), commands=PLANS),
    # patterns
    Hostile(name="unclosed variables", write=description("${env:")),
    Hostile(name="unclosed defaults", write=description("${env:FOUNDRY_X:-")),
    Hostile(name="variables that may not be read", write=description("${env:FOUNDRY_A_KEY}")),
    Hostile(name="dollar signs", write=manifest(dollars)),
    Hostile(name="unclosed templates", write=description("{{a ${x} ")),
    Hostile(name="half closed templates", write=description("${a}{{a}b")),
    Hostile(name="placeholders", write=description("${NAME} ")),
    Hostile(name="unclosed placeholders", write=description("${NAME:-")),
    Hostile(name="a scope", write=inside_agent("tools", "é:" * 500, of=SCOPE)),
    Hostile(name="a scope of open braces", write=inside_agent("tools", "{{a", of=SCOPE)),
    # problems
    Hostile(name="duplicate keys", write=manifest(lambda size: "x-a: {" + "a: 1," * (size // 5) + "}\n")),
    Hostile(name="ambiguous words", write=manifest(lambda size: "x-a: [" + "on," * (size // 3) + "]\n")),
    Hostile(name="unknown keys", write=inside_agent("reasoning", "effrot-#: 1", of="{{{}}}")),
    Hostile(name="unknown keys of agents", write=agents("{model: gpt, instuctions-#: x}")),
    Hostile(
        name="unpublished keys", write=inside_agent("tools", "descripton-#: 1", of="[{{type: function, name: f, {}}}]")
    ),
    Hostile(name="unpublished keys of agents", write=agents(TYPO)),
    Hostile(name="unknown tools", write=agents("{model: gpt, tools: [{type: memory_serch}]}")),
    Hostile(name="wrong types", write=inside_agent("metadata", "k#: 1", of="{{{}}}")),
    Hostile(name="one wrong type among many", write=inside_agent("metadata", "k#: x", of="{{{}, k: 1}}")),
    Hostile(name="bad names", write=manifest(underscored)),
    Hostile(name="unknown references", write=agents("{model: gpt-#}")),
    Hostile(name="references among similar names", write=manifest(misspelt)),
    Hostile(name="a circle", write=circle),
    Hostile(name="resources that are nothing", write=agents("5")),
    Hostile(name="external with much beside", write=inside_agent("external: true\n    metadata", "k#: 1", of="{{{}}}")),
    Hostile(
        name="ignored fields",
        write=inside_agent("lifecycle", ".".join(["metadata", *["x"] * 200]), of="{{ignore: [{}]}}"),
    ),
    Hostile(name="ignored fields that cannot be", write=inside_agent("lifecycle", "modle#", of="{{ignore: [{}]}}")),
    # files beside it
    Hostile(name="a .env", write=beside(".env", lambda size: "A=b\n" * (size // 4), ""), sizes=(250_000, 8 * MB)),
    Hostile(
        name="a .env of quotes", write=beside(".env", lambda size: "A='b\n" * (size // 5), ""), sizes=(250_000, 8 * MB)
    ),
    Hostile(
        name="a JSON of brackets",
        write=beside("x.json", lambda size: f'{{"a": [{"[]," * (size // 3)}[]]}}', FUNCTION),
        sizes=(250_000, 990_000),
    ),
    Hostile(
        name="a JSON number",
        write=beside("x.json", lambda size: f'{{"a": 1.{"1" * size}}}', FUNCTION),
        sizes=(250_000, 990_000),
    ),
    Hostile(name="a text of spaces", write=beside("x.md", lambda size: " " * size, PROMPT), sizes=(250_000, 990_000)),
)


def _put(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="")


def spent(hostile: Hostile) -> list[tuple[int, Sequence[str], Run]]:
    runs = []
    for size in hostile.sizes:
        with tempfile.TemporaryDirectory() as folder:
            hostile.write(Path(folder), size)
            env = {**os.environ, "FOUNDRY_LONG": "v" * 100_000, "PYTHONPATH": str(ROOT)}
            for command in hostile.commands:
                run = measured([*PROVISIONER, *command], env, folder=Path(folder))
                row(f"{hostile.name}, {size / MB:g} MB: {command[0]}", run, f"{len(run.stdout) / MB:.1f} MB told")
                runs.append((size, command, run))
    return runs


def faults(hostile: Hostile, runs: list[tuple[int, Sequence[str], Run]]) -> list[str]:
    found = []
    for size, command, run in runs:
        what = f"{hostile.name}, {size / MB:g} MB: {command[0]}"
        # CPU, as others may be at work here; a command that waits is told by the clock
        if run.cpu_s > MOST_S or run.wall_s > 3 * MOST_S or run.peak_mb > MOST_MB:
            found.append(f"{what} takes {run.cpu_s:.1f} s of CPU ({run.wall_s:.1f} s) and {run.peak_mb:.0f} MB")
        if run.code != 0 and not (run.code == 1 and run.stdout):  # a traceback goes to stderr
            found.append(f"{what} ends with {run.code}")
    for (small, command, before), (large, other, after) in zip(runs, runs[len(hostile.commands) :], strict=False):
        grown = max(after.cpu_s, FLOOR_S) / max(before.cpu_s, FLOOR_S)
        if command == other and grown > SLACK * large / small:
            found.append(f"{hostile.name}: {large / small:g} times as much takes {grown:.1f} times as long")
    return found


def main() -> int:
    chosen = [it for it in HOSTILE if not sys.argv[1:] or any(word in it.name for word in sys.argv[1:])]
    slowest: list[tuple[float, float, str]] = []
    wrong: list[str] = []
    for hostile in chosen:
        runs = spent(hostile)
        wrong += faults(hostile, runs)
        slowest += [(run.cpu_s, run.peak_mb, f"{hostile.name}, {size / MB:g} MB") for size, _, run in runs]
    cpu, _, name = max(slowest)
    _, peak, largest = max(slowest, key=lambda each: each[1])
    print(f"\nslowest: {cpu:.1f} s of CPU, {name}; largest: {peak:.0f} MB, {largest}")
    print("".join(f"over: {each}\n" for each in wrong), end="")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
