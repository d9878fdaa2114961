"""Flags that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click
from click.core import ParameterSource

from provisioner.cli.session import LOCAL_STATE
from provisioner.kinds import KINDS
from provisioner.manifest.project import ENDPOINT_ADVICE, OWNER_ADVICE, endpoint_fault, owner_fault
from provisioner.model.address import Address
from provisioner.model.allowances import DEFAULT_MAX_DELETES, Allowances
from provisioner.model.run_scope import RunScope
from provisioner.model.words import guess, listed, quoted
from provisioner.preflight.settings import IDS, Settings, days

if TYPE_CHECKING:
    from provisioner.cli.preflight import Preflight
    from provisioner.manifest.load import Manifest
    from provisioner.planes.service import Planes

F = TypeVar("F", bound=Callable[..., Any])
DEFAULT_FILE: Final = "stores.yaml"
MOST_SECONDS: Final = 24 * 60 * 60


def address(text: str) -> Address:
    """A flag's value as an address."""
    try:
        parsed = Address.parse(text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error
    if parsed.kind not in KINDS:
        meant = guess(parsed.kind, KINDS) or f"There are: {listed(list(KINDS))}."
        raise click.BadParameter(f"There is no kind {quoted(parsed.kind)}. {meant.rstrip()}")
    return parsed


def pattern(text: str) -> str:
    """A flag's value as an address, or a pattern of them."""
    kind, slash, name = text.partition("/")
    if not (kind and slash and name) or (kind not in KINDS and not set("*?[") & set(kind)):
        address(text)  # says what is wrong
    return text


def assignment(text: str) -> tuple[str, str]:
    """A flag's value as a variable's name and what it is to hold."""
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise click.BadParameter("Write NAME=VALUE.")  # it may be a secret, so it is not repeated
    return name, value


def endpoint(text: str) -> str:
    """A flag's value as a project's endpoint."""
    if wrong := endpoint_fault(text):
        raise click.BadParameter(f"It {wrong}. {ENDPOINT_ADVICE}")  # which may hold a password, so it is not repeated
    return text.rstrip("/")


def owner(text: str) -> str:
    """A flag's value as an owner: the name of a manifest."""
    if wrong := owner_fault(text):
        raise click.BadParameter(f"{quoted(text)} {wrong}. {OWNER_ADVICE}")
    return text


def seconds(text: str) -> float:
    """A flag's value as a time to wait."""
    if not (value := patience(text)):
        raise click.BadParameter(_no_seconds(text))
    return value


def patience(text: str) -> float:
    """The same, or none at all."""
    try:
        value = float(text)
    except ValueError:
        value = -1
    if not 0 <= value <= MOST_SECONDS:  # which NaN is not, either
        raise click.BadParameter(_no_seconds(text))
    return value


def _no_seconds(text: str) -> str:
    return f"{quoted(text)} is not a number of seconds, up to {MOST_SECONDS} (a day)."


def _state(ctx: click.Context, _: click.Parameter, file: str | None) -> str | None:
    if ctx.get_parameter_source("state") is ParameterSource.COMMANDLINE and not ctx.params.get("local"):
        raise click.UsageError("--state says where --local keeps its state; add --local, or leave --state away.", ctx)
    return file


def _catalogue(ctx: click.Context, _: click.Parameter, file: str) -> str:
    if file and not ctx.params.get("local"):
        raise click.UsageError("--catalogue says which models --local offers, too; add --local, or leave it away.", ctx)
    return file


def _elsewhere(ctx: click.Context, _: click.Parameter, url: str | None) -> str | None:
    if url is not None and ctx.params.get("local"):
        raise click.UsageError("--project-endpoint and --local name two different projects; leave one away.", ctx)
    return url


def _all(*decorators: Callable[[F], F]) -> Callable[[F], F]:
    def decorate(function: F) -> F:
        for decorator in reversed(decorators):
            function = decorator(function)
        return function

    return decorate


_file_option = _all(
    click.option(
        "-f",
        "--file",
        "files",
        multiple=True,
        type=click.Path(path_type=Path),
        default=(DEFAULT_FILE,),
        show_default=True,
        help="A manifest file or a folder of them; several are read as one. - reads stdin: nothing can be asked then, "
        "and files that it names lie in the current folder.",
    ),
)
environment_option = click.option(
    "--env",
    "environment",
    metavar="NAME",
    help="The environment, where the manifest has `environments:`; left out, the one that PROVISIONER_ENV names.",
)
_environments_option = click.option(
    "--env", "environments", multiple=True, metavar="NAME", help="One of the two environments to compare."
)
reading_options = _all(
    click.option(
        "--allow-env",
        multiple=True,
        metavar="NAME",
        help="Let ${env:NAME} in the manifest read this variable, too.",
    ),
    click.option(
        "--var",
        "variables",
        multiple=True,
        type=assignment,
        metavar="NAME=VALUE",
        help="Set a variable of the manifest: ${var.NAME}. Wins over all else that sets it.",
    ),
    click.option(
        "--var-file",
        "variable_files",
        multiple=True,
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Set variables of the manifest from a YAML or JSON file, NAME: value; of several the later one wins. "
        "PROVISIONER_VAR_NAME in the environment wins over it.",
    ),
    click.option(
        "--policy",
        "policy_files",
        multiple=True,
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Narrow the manifest's `policy` by what this YAML or JSON file says; of several, the strictest holds.",
    ),
)

manifest_options = _all(_file_option, environment_option, reading_options)
compared_manifest_options = _all(_file_option, _environments_option, reading_options)

endpoint_option = click.option(
    "--project-endpoint",
    type=endpoint,
    metavar="URL",
    callback=_elsewhere,
    help="Use this project, whatever the manifest says.",
)

allow_host_option = click.option(
    "--allow-host", "allow_hosts", multiple=True, metavar="HOST", help="Let tokens be sent to this host, too."
)

pin_option = click.option(
    "--pin-environment",
    is_flag=True,
    help="Refuse a manifest (or .env file) that names another project, account, subscription, resource group or "
    "management endpoint than the environment's variables.",
)

connection_options = _all(
    allow_host_option,
    click.option(
        "--parallelism",
        type=click.IntRange(1, 100),
        default=10,
        show_default=True,
        help="How many requests may run side by side.",
    ),
    click.option(
        "--timeout",
        "timeout_s",
        type=seconds,
        default="120",
        show_default=True,
        metavar="SECONDS",
        help="How long an answer may keep silent; a silent request is sent twice at most.",
    ),
)
service_options = _all(
    click.option(
        "--local",
        is_flag=True,
        is_eager=True,  # --state, --catalogue and --project-endpoint look at it
        help="Use the embedded Foundry instead of Azure; it needs no settings.",
    ),
    click.option(
        "--state",
        metavar="FILE",
        callback=_state,
        help=f"Where --local keeps its state; left out, in {LOCAL_STATE.as_posix()} beside the first manifest, or here "
        "where there is none. :memory: forgets it.",
    ),
    click.option(
        "--catalogue",
        metavar="FILE",
        default="",
        callback=_catalogue,
        help="A JSON file of models that --local offers beside those it knows.",
    ),
    endpoint_option,
    connection_options,
)

_SCOPE_OPTIONS: Final = _all(
    click.option(
        "--target",
        "targets",
        multiple=True,
        type=pattern,
        metavar="KIND/NAME",
        help="Be about this alone, with all that it needs; a pattern such as 'stores/*' names several.",
    ),
    click.option(
        "--exclude",
        "excludes",
        multiple=True,
        type=pattern,
        metavar="KIND/NAME",
        help="Leave this as it is, whatever differs; a pattern names several.",
    ),
)


def scope_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Gives the command what they name, as `scope`."""

    @wraps(function)
    def scoped(*positional: Any, targets: tuple[str, ...], excludes: tuple[str, ...], **others: Any) -> Any:
        return function(*positional, scope=RunScope(targets=targets, excludes=excludes), **others)

    return _SCOPE_OPTIONS(scoped)


_GUARD_OPTIONS: Final = _all(
    click.option("--adopt", is_flag=True, help="Take over live resources that no manifest owns."),
    click.option(
        "--take-over",
        multiple=True,
        type=owner,
        metavar="OLDNAME",
        help="Take over what this manifest declares and a manifest of that name owns: after a change of `name`.",
    ),
    click.option(
        "--allow-data-loss",
        multiple=True,
        type=address,
        metavar="KIND/NAME",
        help="Let this store be replaced or deleted, with all its memories.",
    ),
    click.option(
        "--max-deletes",
        type=click.IntRange(min=0),
        default=DEFAULT_MAX_DELETES,
        show_default=True,
        help="Refuse to delete and replace more resources than this.",
    ),
    click.option("--no-delete", is_flag=True, help="Leave out whatever deletes or replaces, and do the rest."),
    click.option(
        "--replace",
        "replaced",
        multiple=True,
        type=address,
        metavar="KIND/NAME",
        help="Delete this and create it anew, though nothing forces it.",
    ),
    scope_options,
)


def guard_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Gives the command what they allow, as `allow`."""

    @wraps(function)
    def guarded(
        *positional: Any,
        adopt: bool,
        take_over: tuple[str, ...],
        allow_data_loss: tuple[Address, ...],
        max_deletes: int,
        no_delete: bool,
        replaced: tuple[Address, ...],
        scope: RunScope,
        **others: Any,
    ) -> Any:
        allow = Allowances(
            adopt=adopt,
            take_over=frozenset(take_over),
            data_loss=frozenset(allow_data_loss),
            max_deletes=max_deletes,
            no_delete=no_delete,
            replace=frozenset(replaced),
            scope=scope,
        )
        return function(*positional, allow=allow, **others)

    return _GUARD_OPTIONS(guarded)


def within(text: str) -> int:
    """A flag's value as a number of days."""
    number = days(text)
    if number is None:
        raise click.BadParameter(f"{quoted(text)} is not a number of days; write it as 60d.")
    return number


@dataclass(frozen=True, slots=True, kw_only=True)
class Checks:
    """What the command says of the checks that are part of a plan."""

    settings: Settings
    cached: bool

    def preflight(self, manifest: Manifest, planes: Planes) -> Preflight:
        """With what the manifest says of them."""
        from provisioner.cli.preflight import Preflight, user_cache  # noqa: PLC0415 - only those who plan pay for it

        cache = user_cache(planes) if self.cached else None
        return Preflight(settings=self.settings.over(manifest.preflight), cache=cache)


_PREFLIGHT_OPTIONS: Final = _all(
    click.option(
        "--skip-check",
        "skipped",
        multiple=True,
        type=click.Choice(list(IDS)),
        help="Leave out this check of what Azure would refuse.",
    ),
    click.option(
        "--fail-if-retiring-within",
        "fail_within",
        type=within,
        metavar="DAYS",
        help="Refuse a deployment whose model retires within so many days, as in 60d.",
    ),
    click.option("--no-cache", is_flag=True, help="Ask which models are offered, though that was asked minutes ago."),
)


def preflight_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Gives the command what they say, as `checks`."""

    @wraps(function)
    def told(*positional: Any, skipped: tuple[str, ...], fail_within: int | None, no_cache: bool, **others: Any) -> Any:
        settings = Settings(skip=frozenset(skipped), fail_within=fail_within)
        return function(*positional, checks=Checks(settings=settings, cached=not no_cache), **others)

    return _PREFLIGHT_OPTIONS(told)
