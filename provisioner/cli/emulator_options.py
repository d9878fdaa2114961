"""The flags of the local Foundry, shared by the command that serves it and the one that runs a program beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

import click

from provisioner.cli.files import require_inside
from provisioner.cli.own import require_own_room
from provisioner.model.errors import ProvisionerError
from provisioner.model.reasons import reason
from provisioner.model.words import joined

F = TypeVar("F", bound=Callable[..., Any])


class _Amount(click.FloatRange):
    """Of seconds or milliseconds. click takes "nan" for a number in every range."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        number = super().convert(value, param, ctx)
        if number != number:  # noqa: PLR0124  nothing else is unlike itself
            self.fail(f"{value} is not in the range {self._describe_range()}.", param, ctx)
        return float(number)


_SECONDS: Final = _Amount(min=0, max=10**9)  # as the switches of the same names
_OPTIONS: Final = (
    click.option("--port", type=click.IntRange(0, 65535), default=0, show_default=True, help="0 takes a free one."),
    click.option(
        "--token-port",
        type=click.IntRange(0, 65535),
        default=0,
        help="Where tokens are handed out; by default the port after --port.",
    ),
    click.option(
        "--cert-name",
        "cert_names",
        multiple=True,
        metavar="HOST",
        help="Be this host, too, for programs with fixed host names behind a proxy; may be repeated.",
    ),
    click.option(
        "--state",
        default=":memory:",
        show_default=True,
        metavar="FILE",
        help="Keep the state in this file between runs.",
    ),
    click.option(
        "--latency", "latency_ms", type=_SECONDS, default=0, metavar="MS", help="Delay every answer by milliseconds."
    ),
    click.option(
        "--write-seconds",
        type=_SECONDS,
        default=0,
        metavar="S",
        help="How long writes of deployments take; 0 ends them at once.",
    ),
    click.option(
        "--update-seconds",
        type=_SECONDS,
        default=0.5,
        show_default=True,
        metavar="S",
        help="How long a memory update works once it has started.",
    ),
    click.option(
        "--deploy",
        multiple=True,
        metavar="MODEL",
        help="Have this model of the catalogue deployed from the start, under its own name.",
    ),
    click.option("--catalogue", default="", metavar="FILE", help="Add the models of this JSON file to the catalogue."),
    click.option("--strict", is_flag=True, help="Refuse what the service may or may not accept."),
    click.option("--dedupe-versions", is_flag=True, help="Make no new agent version of an identical definition."),
    click.option("--faults", default="", metavar="FILE", help="Make the faults of this YAML file happen."),
    click.option("--log", default="", metavar="FILE", help='Write a JSON line per request; "-" writes to stderr.'),
    click.option(
        "--model-endpoint",
        default="",
        metavar="URL",
        help="Let a model behind an OpenAI-compatible API extract, embed and answer. Its key is read from "
        "PROVISIONER_MODEL_API_KEY.",
    ),
    click.option("--model", default="", metavar="NAME", help="Name of the chat model there."),
    click.option("--embedding-model", default="", metavar="NAME", help="Name of the embedding model there."),
)


def server_options(function: F) -> F:
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def check_options(given: dict[str, Any]) -> None:
    """What can be said of the flags before anything is started. Raises UsageError, ProvisionerError."""
    _check_model(given)
    require_own_room(Path(given["state"]))
    if given["log"] not in {"", "-"}:
        require_inside(Path(given["log"]))


def _check_model(given: dict[str, Any]) -> None:
    """Its three flags go together, and lead somewhere."""
    names = {"--model-endpoint": "model_endpoint", "--model": "model", "--embedding-model": "embedding_model"}
    missing = [flag for flag, name in names.items() if not given[name]]
    if missing and len(missing) < len(names):
        are = "is" if len(missing) == 1 else "are"
        raise click.UsageError(f"{', '.join(names)} go together; {joined(missing)} {are} missing.")
    if given["model_endpoint"] and not _is_address(given["model_endpoint"]):
        raise click.UsageError(f'--model-endpoint is an http or https URL, not "{given["model_endpoint"]}".')


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


@contextmanager
def told_plainly(room: ModuleType, given: dict[str, Any]) -> Iterator[None]:
    """What keeps the local Foundry from starting, as errors of the command."""
    try:
        yield
    except room.StateError as error:
        raise ProvisionerError(str(error), "Name another file with --state, or move this one away.") from error
    except room.OptionError as error:
        raise ProvisionerError(str(error)) from error
    except room.PortError as error:
        message = f"The local Foundry cannot listen on port {error.port or given['port']}: {reason(error)}."
        raise ProvisionerError(message) from error
    except BrokenPipeError:
        raise
    except OSError as error:
        raise ProvisionerError(f"The local Foundry cannot run: {reason(error)}.") from error
