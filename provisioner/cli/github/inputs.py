"""What the action was asked for."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from provisioner.cli.options import DEFAULT_FILE
from provisioner.model.errors import ProvisionerError
from provisioner.model.words import listed, quoted

_LONGEST: Final = 100
COMMANDS: Final = ("validate", "plan", "apply", "drift")


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """`name` tells environment and files from others, and is empty without any. `folder` is the runner's own, outside
    of the checkout: nothing that was checked out lies in it.
    """

    command: str
    environment: str
    files: tuple[str, ...]
    args: tuple[str, ...]
    plan_file: str
    name: str
    folder: Path

    @property
    def words(self) -> list[str]:
        """What says which manifest, for the command line."""
        return [*(word for file in self.files for word in ("--file", file)), *self.chosen]

    @property
    def chosen(self) -> list[str]:
        return ["--env", self.environment] if self.environment else []

    @property
    def subject(self) -> str:
        """What a comment is about: the same from run to run, and told by the workflow alone."""
        return f"{self.environment} {' '.join(self.files) or DEFAULT_FILE}".strip()


def read_inputs(environ: Mapping[str, str]) -> Inputs:
    """Raises ProvisionerError where they make no sense."""
    command = environ.get("INPUT_COMMAND", "").strip()
    if command not in COMMANDS:
        raise ProvisionerError(f"`command` is {quoted(command)}.", f"It is one of {listed(list(COMMANDS))}.")
    temporary = environ.get("RUNNER_TEMP")
    if not temporary:
        raise ProvisionerError("RUNNER_TEMP is not set.", "This is a step of a GitHub Action; it runs on a runner.")
    environment = environ.get("INPUT_ENVIRONMENT", "").strip()
    files = tuple(line.strip() for line in environ.get("INPUT_FILES", "").splitlines() if line.strip())
    name = _as_name(environment, *files)
    return Inputs(
        command=command,
        environment=environment,
        files=files,
        args=_split(environ.get("INPUT_ARGS", "")),
        plan_file=environ.get("INPUT_PLAN_FILE", "").strip(),
        name=name,
        folder=Path(temporary) / "provisioner" / (name or "default"),
    )


def _as_name(*parts: str) -> str:
    """As a folder or an artefact can be called; what cannot, or is too long, ends in what tells it from all others."""
    text = "\n".join(parts)  # which is in none of them
    name = "".join(char if char.isalnum() or char in "._-" else "-" for char in text).strip(".-")
    if name == text and len(name) <= _LONGEST:
        return name
    return f"{name[: _LONGEST - 9]}-{sha256(text.encode('utf-8', 'replace')).hexdigest()[:8]}"


def _split(text: str) -> tuple[str, ...]:
    """Words and quotes as in a shell, and nothing else of one: no variable is put in, no command run."""
    try:
        return tuple(shlex.split(text))
    except ValueError as error:
        raise ProvisionerError("`args` cannot be split into words: a quote is not closed.") from error
