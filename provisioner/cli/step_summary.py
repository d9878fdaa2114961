"""The summary of a step of GitHub Actions: Markdown that its page shows.

Source: https://docs.github.com/actions/reference/workflow-commands-for-github-actions (adding a job summary): up to
1 MiB for each step; one that is larger is not shown at all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from provisioner.cli.terminal import note
from provisioner.model.errors import ProvisionerError
from provisioner.model.reasons import reason

VARIABLE: Final = "GITHUB_STEP_SUMMARY"
MOST_BYTES: Final = 1024 * 1024
_WORTH_IT: Final = 2_000


def append_summary(render: Callable[[int], str], environ: Mapping[str, str]) -> None:
    """What `render` gives for a number of characters, behind what the step has written; a sentence on stderr where that
    is not possible, as the plan itself is told all the same. Raises ProvisionerError where the file cannot be written.
    """
    named = environ.get(VARIABLE, "")
    if not named:
        note(f"Warning: --step-summary wrote nothing, as ${VARIABLE} is not set: GitHub Actions sets it in each step.")
        return
    path = Path(named)
    try:
        size = path.stat().st_size if path.exists() else 0
        if MOST_BYTES - size < _WORTH_IT:
            note("Warning: --step-summary wrote nothing: the summary of this step is full, at 1 MiB.")
            return
        _append(path, b"\n" + _fitted(render, MOST_BYTES - size - 2) + b"\n", size)
    except OSError as error:
        raise ProvisionerError(f'The summary of the step, "{named}", cannot be written: {reason(error)}.') from error


def _append(path: Path, text: bytes, size: int) -> None:
    """All of it or nothing: half a table would take what others write behind it along."""
    with path.open("ab", buffering=0) as stream:
        try:
            while text:
                text = text[stream.write(text) :]
        except OSError:
            stream.truncate(size)
            raise


def _fitted(render: Callable[[int], str], room: int) -> bytes:
    """Characters are told and bytes are counted: one may take four."""
    size = room
    while len(text := render(size).encode("utf-8", "replace")) > room:
        size = size * room // len(text) - 1
    return text
