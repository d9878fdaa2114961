"""Flags of the commands on memories."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import Any, Final

import click

from provisioner.cli.census import read_scopes
from provisioner.cli.options import DEFAULT_FILE, environment_option, reading_options, service_options
from provisioner.cli.session import Request
from provisioner.model.migration import RATE
from provisioner.model.scopes import ADVICE, scope_fault

_OF_MANIFESTS: Final = {"environment": "--env", "variables": "--var", "variable_files": "--var-file"}


def scope(text: str) -> str:
    """A flag's value as a scope."""
    if fault := scope_fault(text):
        raise click.BadParameter(f"It {fault}. {ADVICE}")  # which may be a person's name, so it is not repeated
    return text


def _manifests(_: click.Context, __: click.Parameter, files: tuple[Path, ...]) -> tuple[Path, ...]:
    """None where nobody names one and none is here: memories are whoever's the stores are."""
    return files or ((Path(DEFAULT_FILE),) if Path(DEFAULT_FILE).exists() else ())


_MEMORY_OPTIONS: Final = (
    click.option(
        "-f",
        "--manifest",
        "files",
        multiple=True,
        type=click.Path(path_type=Path),
        callback=_manifests,
        help=f"A manifest file or a folder of them, whose keys name stores; {DEFAULT_FILE} where it is there. Without "
        "one, a store goes by its live name, and the environment says which project.",
    ),
    click.option("--no-manifest", is_flag=True, help=f"Read no manifest, though {DEFAULT_FILE} is there."),
    environment_option,
    reading_options,
    service_options,
)


def _with(function: Callable[..., Any], options: Sequence[Callable[..., Any]]) -> Callable[..., Any]:
    for option in reversed(options):
        function = option(function)
    return function


def memory_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Gives the command what they ask for, as `request`."""

    @wraps(function)
    def asked(*positional: Any, no_manifest: bool, **others: Any) -> Any:
        shared = {name: others.pop(name) for name in _SHARED}
        if no_manifest:
            shared["files"] = ()
        for name, flag in _OF_MANIFESTS.items():
            if shared[name] and not shared["files"]:
                raise click.UsageError(f"{flag} is about a manifest, and none is read; name one with -f.")
        return function(*positional, request=Request(**shared), **others)

    return _with(asked, _MEMORY_OPTIONS)


_SHARED: Final = (
    "files",
    "environment",
    "allow_env",
    "variables",
    "variable_files",
    "policy_files",
    "local",
    "state",
    "catalogue",
    "project_endpoint",
    "allow_hosts",
    "parallelism",
    "timeout_s",
)

one_scope_option = click.option(
    "--scope", "scope_name", type=scope, required=True, metavar="SCOPE", help="Whose memories."
)
_SCOPES_OPTIONS: Final = (
    click.option(
        "--scope",
        "scope_names",
        type=scope,
        multiple=True,
        metavar="SCOPE",
        help="Of this scope alone; of several, where it is repeated.",
    ),
    click.option(
        "--scopes-from",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Also of the scopes in this file, one a line; - reads stdin. The service cannot list them.",
    ),
)


def scopes_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Gives the command what they name, as `only` and `from_file`."""

    @wraps(function)
    def named(*positional: Any, scope_names: tuple[str, ...], scopes_from: Path | None, **others: Any) -> Any:
        read = read_scopes(scopes_from) if scopes_from is not None else ()
        return function(*positional, only=scope_names, from_file=read, **others)

    return _with(named, _SCOPES_OPTIONS)


show_scopes_option = click.option(
    "--show-scopes", is_flag=True, help="Show the names of scopes, which are often people's ids."
)
rate_option = click.option(
    "--rate",
    type=click.IntRange(min=0),
    metavar="REQUESTS",
    help=f"How many requests a minute are sent at most; 0 is as many as are answered. By default {RATE:,}, and 0 for a "
    "local Foundry.",
)
yes_option = click.option("-y", "--yes", is_flag=True, help="Do not ask.")


def memory_format(function: Callable[..., Any]) -> Callable[..., Any]:
    """Gives the command whether it is told `as_json`."""

    @wraps(function)
    def told(*positional: Any, style: str, **others: Any) -> Any:
        return function(*positional, as_json=style == "json", **others)

    return click.option(
        "--format",
        "style",
        type=click.Choice(["text", "json"]),
        default="text",
        show_default=True,
        help="How it is told.",
    )(told)
