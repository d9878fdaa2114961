"""How well the embedded model recalls: recall@5 and recall@1 over the labelled queries, beside plain BM25.

The queries and the people they are about are in tests/emulator/model/queries.yaml.

    python -m benchmarks.recall [--misses]
"""

from __future__ import annotations

import sys

from tests.emulator.model.labelled import Ranker, cases, embedded, mean_recall, recall, stems_only


def show(name: str, ranker: Ranker) -> None:
    print(f"{name:<28} recall@5 {mean_recall(ranker, 5):.3f}   recall@1 {mean_recall(ranker, 1):.3f}")


def misses() -> None:
    for case in cases():
        if recall(case, embedded) < 1:
            print(f"  {case.query}  wanted {sorted(case.relevant)}, got {embedded(case.query, case.memories)[:5]}")


if __name__ == "__main__":
    print(f"{len(list(cases()))} queries")
    show("embedded model", embedded)
    show("plain BM25 over stems", stems_only)
    if "--misses" in sys.argv[1:]:
        misses()
