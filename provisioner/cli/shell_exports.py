"""Environment variables as a shell or a .env file reads them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping
from typing import Final

from provisioner.model.errors import ProvisionerError
from provisioner.model.pipelines import is_inert

NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
PLAIN: Final = re.compile(r"[\w./:\\,@%+=~-]*", re.ASCII)


def exports(env: Mapping[str, str], style: str) -> str:
    wrong = next((name for name in env if not NAME.fullmatch(name)), None)
    if wrong is not None:
        raise ProvisionerError(f'"{wrong}" is no name of a variable.')
    odd = next((name for name, value in env.items() if _is_odd(str(value))), None)
    if odd is not None:
        raise ProvisionerError(f"The value of {odd} breaks a line, or holds a command for a pipeline.")
    return "\n".join(STYLES[style](name, str(value)) for name, value in sorted(env.items()))


def _is_odd(value: str) -> bool:
    """What is printed for a shell may be read by a pipeline's log, too."""
    return len(value.splitlines()) > 1 or not is_inert(value)


def _bash(name: str, value: str) -> str:
    return f"export {name}={shlex.quote(value)}"


def _powershell(name: str, value: str) -> str:
    quoted = value.replace("'", "''")
    return f"$env:{name} = '{quoted}'"


def _dotenv(name: str, value: str) -> str:
    r"""Bare where every reader agrees; else in single quotes, in which python-dotenv reads \\ and \'."""
    if PLAIN.fullmatch(value):
        return f"{name}={value}"
    quoted = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"{name}='{quoted}'"


STYLES: Final[Mapping[str, Callable[[str, str], str]]] = {"bash": _bash, "powershell": _powershell, "dotenv": _dotenv}
