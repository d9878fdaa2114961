"""How long the commands that need no network take, above a bare interpreter.

Aims: `--help` and `--version` within 100 ms of `python -c pass`, `validate` within 250 ms.

    python -m benchmarks.startup
"""

from __future__ import annotations

import sys

from benchmarks.world import PROVISIONER, best, row


def main() -> None:
    floor = best([sys.executable, "-c", "pass"])
    row("python -c pass", floor)
    for arguments, aim in ((["--help"], 0.100), (["--version"], 0.100), (["validate"], 0.250), (["graph"], 0.250)):
        run = best([*PROVISIONER, *arguments])
        above = run.wall_s - floor.wall_s
        row(" ".join(["provisioner", *arguments]), run, f"+{1000 * above:.0f} ms of {1000 * aim:.0f}")


if __name__ == "__main__":
    main()
