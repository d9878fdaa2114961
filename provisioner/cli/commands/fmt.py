"""`provisioner fmt`."""

from __future__ import annotations

from pathlib import Path

import click

from provisioner.cli.files import NewFile, write_together
from provisioner.cli.formatting import Formatting, formatting_of
from provisioner.cli.options import DEFAULT_FILE
from provisioner.cli.terminal import remark, say
from provisioner.model.words import plural


@click.command(
    name="fmt",
    epilog="Examples:\n\n  provisioner fmt\n\n  provisioner fmt --check -f env/prod\n\n"
    "  provisioner fmt --diff stores.yaml\n\n  provisioner export | provisioner fmt -",
)
@click.argument("named", metavar="[FILE]...", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "-f",
    "--file",
    "files",
    multiple=True,
    type=click.Path(path_type=Path),
    help=f"A manifest file or a folder of them, just as without -f; left out, {DEFAULT_FILE}. - reads stdin and prints "
    "the result.",
)
@click.option("--check", is_flag=True, help="Write nothing; list the files that would change, and exit with 1.")
@click.option("--diff", is_flag=True, help="Write nothing; show what would change.")
def command(*, named: tuple[Path, ...], files: tuple[Path, ...], check: bool, diff: bool) -> int:
    """Bring manifests into their canonical form.

    Keys in the order of the schema, two spaces a level, an empty line between sections; comments stay with what they
    are about, and nothing that the manifest says changes. There is one form and nothing to set. What cannot be read is
    told as validate tells it, and then no file is written.
    """
    found = formatting_of(files + named or (Path(DEFAULT_FILE),))
    changed = [each for each in found if each.is_changed]
    if diff:
        for each in changed:
            say(each.diff())
    elif check:
        for each in changed:
            say(each.name)
    else:
        _write(found)
    _tell(found, changed, is_written=not (check or diff))
    return int(check and bool(changed))


def _write(found: list[Formatting]) -> None:
    """All of them or none; what came from stdin goes to stdout."""
    changed = [each for each in found if each.is_changed and not each.is_stream]
    write_together([NewFile(path=each.path, content=each.content) for each in changed])
    for each in changed:
        say(each.name)
    for each in found:
        if each.is_stream:
            each.require_inert()
            say(each.text, commands=True)


def _tell(found: list[Formatting], changed: list[Formatting], *, is_written: bool) -> None:
    if any(each.is_stream for each in found) and is_written:
        return
    would = "" if is_written else "would be "
    left = len(found) - len(changed)
    parts = [f"{plural(len(changed), 'file')} {would}reformatted"] if changed else []
    parts += [f"{plural(left, 'file')} left as {'it is' if left == 1 else 'they are'}"] if left else []
    remark(f"{', '.join(parts)}.")
