"""What a step says to GitHub: annotations, outputs, its summary.

Source: https://docs.github.com/actions/reference/workflow-commands-for-github-actions.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import click

from provisioner.model.errors import ProvisionerError
from provisioner.model.reasons import reason

_ESCAPES: Final = {"%": "%25", "\r": "%0D", "\n": "%0A"}


def annotate(level: str, text: str) -> None:
    """`level` is notice, warning or error."""
    click.echo(f"::{level} title=provisioner::{''.join(_ESCAPES.get(char, char) for char in text)}")


def set_outputs(values: Mapping[str, str], environ: Mapping[str, str]) -> None:
    """Each between delimiters that nobody can have guessed, so that no value ends early and sets another output.
    Without GITHUB_OUTPUT, as outside of a workflow, there is nobody to tell.
    """
    named = environ.get("GITHUB_OUTPUT")
    if not named:
        return
    delimiter = f"provisioner-{secrets.token_hex(16)}"
    text = "".join(f"{name}<<{delimiter}\n{value}\n{delimiter}\n" for name, value in values.items())
    try:
        with Path(named).open("a", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
    except OSError as error:
        raise ProvisionerError(f'The step\'s outputs, "{named}", cannot be written: {reason(error)}.') from error
