"""How well the embedded model recalls: recall@5 and recall@1, beside plain BM25.

The questions and the people they are about are in tests/emulator/model: those that the ranking was tuned on, and those
that it was not.

    python -m benchmarks.recall [--misses]    # of the first alone: the others are to judge with, not to learn from
"""

from __future__ import annotations

import sys
from pathlib import Path

from tests.emulator.model.labelled import HELD_OUT, TUNED_ON, Ranker, cases, embedded, mean_recall, recall, stems_only


def show(name: str, ranker: Ranker, path: Path) -> None:
    print(f"  {name:<26} recall@5 {mean_recall(ranker, path):.3f}   recall@1 {mean_recall(ranker, path, 1):.3f}")


def misses() -> None:
    for case in cases(TUNED_ON):
        if recall(case, embedded) < 1:
            print(f"  {case.query}  wanted {sorted(case.relevant)}, got {embedded(case.query, case.memories)[:5]}")


if __name__ == "__main__":
    for path in (TUNED_ON, HELD_OUT):
        print(f"{len(list(cases(path)))} questions of {path.name}")
        show("embedded model", embedded, path)
        show("plain BM25 over stems", stems_only, path)
    if "--misses" in sys.argv[1:]:
        misses()
