"""The command group: global options, lazily imported commands, and the one place where errors end."""

from __future__ import annotations

import errno
import gc
import importlib
import keyword
import os
import signal
import sys
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, NoReturn

import click

from provisioner import __version__
from provisioner.cli import logs
from provisioner.cli.terminal import Terminal, complain, forget
from provisioner.model.errors import ProvisionerError
from provisioner.model.pipelines import inert
from provisioner.model.reasons import reason
from provisioner.render.safe import visible

if TYPE_CHECKING:
    from provisioner.cli.run_log import RunLog

COMMANDS: Final[Mapping[str, str]] = {
    "init": "Start a folder: a manifest, its prompts, its variables.",
    "validate": "Check the manifest, offline.",
    "fmt": "Bring manifests into their canonical form.",
    "doctor": "Say what would keep an apply from working.",
    "plan": "Show what apply would do, without doing it.",
    "show": "Print a saved plan, offline.",
    "apply": "Make the project what the manifest says.",
    "check": "Try what the manifest's `checks` say, on what is live.",
    "drift": "Show what was changed outside the manifest, or accept it.",
    "compare": "Show what is otherwise in another environment, field by field.",
    "destroy": "Delete everything the manifest owns.",
    "lock": "Show who holds the manifest's lock, or end it.",
    "export": "Write a manifest of what is live.",
    "import": "Add what is live to the manifest.",
    "memory": "Read, back up, copy and forget what stores remember.",
    "models": "List what can be deployed, what is left of its quota, and when it ends.",
    "graph": "Draw the manifest's resources and what they need, offline.",
    "render": "Print the manifest of an environment, offline.",
    "schema": "Print the manifest's JSON Schema.",
    "emulator": "Run a local Foundry in the foreground.",
    "completion": "Print a shell completion script.",
}
INTERRUPTED: Final = 130
_LOG: Final = "provisioner.log"  # where the context keeps it, for those who want one
# What writing to a stream of ours can meet; files and sockets are answered for where they are opened.
_CANNOT_WRITE: Final = frozenset(
    getattr(errno, name) for name in ("ENOSPC", "EDQUOT", "EFBIG", "EIO", "EBADF") if hasattr(errno, name)
)


_NO_COLOR: Final = click.Option(
    ["--no-color"],
    is_flag=True,
    expose_value=False,
    help="No colours, wherever the output goes (NO_COLOR does the same).",
)


class LazyGroup(click.Group):
    """Imports a command's module when the command is called: the others cost nothing."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        name = f"{cmd_name}_" if keyword.iskeyword(cmd_name) else cmd_name
        module = importlib.import_module(f"provisioner.cli.commands.{name}")
        command: click.Command = module.command
        _take_no_color(command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from difflib import get_close_matches  # noqa: PLC0415 - only a mistake pays for it

            close = get_close_matches(args[0], COMMANDS, n=1)
            meant = f' Did you mean "{close[0]}"?' if close else f" There are: {', '.join(COMMANDS)}."
            ctx.fail(f'There is no command "{args[0]}".{meant}')
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """The log, if there is one, tells how it ended, however it does."""
        code: Any = 1
        why: BaseException | None = None
        try:
            code = super().invoke(ctx)
        except (click.Abort, KeyboardInterrupt) as interrupt:
            code, why = INTERRUPTED, interrupt
            raise
        except Exception as error:
            code = error.exit_code if isinstance(error, (ProvisionerError, click.exceptions.Exit)) else 1
            why = error
            raise
        else:
            return code
        finally:
            log: RunLog | None = ctx.meta.pop(_LOG, None)
            if log is not None:
                log.end(code, why)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


def _take_no_color(command: click.Command) -> None:
    """Wherever it stands: `run` looks for it before anything else, as wrong usage is told in colour, too."""
    if not any("--no-color" in parameter.opts for parameter in command.params):
        command.params.append(_NO_COLOR)
    if isinstance(command, click.Group):
        for inner in command.commands.values():
            _take_no_color(inner)


@click.group(
    cls=LazyGroup,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Try it without Azure:  provisioner apply --local",
)
@click.version_option(__version__, prog_name="provisioner")
@click.option(
    "--log-level",
    type=click.Choice(["debug", "info", "warning", "error"]),
    envvar="PROVISIONER_LOG_LEVEL",
    help="What is logged to stderr; debug shows every request. Without it warning, and debug where one of the next two "
    "asks for a log. (PROVISIONER_LOG_LEVEL does the same.)",
)
@click.option(
    "--log-format",
    type=click.Choice(["text", "json"]),
    envvar="PROVISIONER_LOG_FORMAT",
    help="How it is logged; json writes one object a line (`schema --log`). Without it text, and json in a file. "
    "(PROVISIONER_LOG_FORMAT does the same.)",
)
@click.option(
    "--log-file",
    type=click.Path(path_type=Path),
    envvar="PROVISIONER_LOG_FILE",
    metavar="FILE",
    help="Log to the end of this file instead of stderr. (PROVISIONER_LOG_FILE does the same.)",
)
@click.pass_context
def group(ctx: click.Context, *, log_level: str | None, log_format: str | None, log_file: Path | None) -> int:
    """Declarative provisioning for Microsoft Foundry.

    One manifest lists model deployments, content filter policies and blocklists, connections, memory stores and agents;
    plan shows what differs from the live project, apply makes it so.

    Exit codes: 0 done, or nothing to do; 1 failed or refused; 2 there are changes (only with --detailed-exitcode);
    130 interrupted.
    """
    ctx.obj = ctx.obj or Terminal.here(no_color=False, environ=os.environ)
    logs.tame()
    if log_level or log_format or log_file:
        _switch_on(ctx, log_level, log_format, log_file)
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())
        return 1  # a script that lost its arguments must not pass for one that has done its work
    return 0


_take_no_color(group)


def _switch_on(ctx: click.Context, level: str | None, style: str | None, file: Path | None) -> None:
    """Raises ProvisionerError where the file cannot be written."""
    from provisioner.cli.run_log import RunLog  # noqa: PLC0415 - most runs log nothing
    from provisioner.cli.this_run import tell_ignored, this_run  # noqa: PLC0415

    is_asked = style == "json" or file is not None
    run = this_run()
    level = level or ("debug" if is_asked else "warning")
    log = RunLog(level, style or ("json" if file is not None else "text"), file=file, run=run)
    ctx.meta[_LOG] = log
    log.begin(ctx.invoked_subcommand or "")
    tell_ignored(run, os.environ)


def run(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code; every expected error is told here, on stderr."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    ours = words[: words.index("--")] if "--" in words else words
    terminal = Terminal.here(no_color="--no-color" in ours, environ=os.environ)
    try:
        code = group.main(args=words, prog_name="provisioner", standalone_mode=False, obj=terminal)
    except click.ClickException as error:
        complain(_usage(error), _usage_hint(error), terminal=terminal)
        return 1
    except (click.Abort, KeyboardInterrupt):
        complain("Interrupted.", terminal=terminal)
        return INTERRUPTED
    except ProvisionerError as error:
        from provisioner.cli.complaints import explain  # noqa: PLC0415 - most runs need no explanation

        return explain(error, terminal)
    except BrokenPipeError:
        forget(sys.stdout)
        return 1
    except OSError as error:
        if error.errno not in _CANNOT_WRITE or error.filename is not None:
            raise
        forget(sys.stdout)
        complain(f"The output cannot be written: {reason(error)}.", terminal=terminal)
        return 1
    return code if isinstance(code, int) else 0


def _usage(error: click.ClickException) -> str:
    message = error.format_message()
    return message if message.endswith((".", "?", "!")) else f"{message}."


def _usage_hint(error: click.ClickException) -> str:
    ctx = error.ctx if isinstance(error, click.UsageError) else None
    return f"Try: {ctx.command_path} --help" if ctx is not None else ""


def prepare() -> None:
    """What a process does once, before anything else."""
    # Importing makes a hundred thousand objects that stay: to look for garbage among them takes a tenth of a short run.
    gc.set_threshold(50_000)
    if signal.getsignal(signal.SIGTERM) is not signal.SIG_IGN:
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # to be asked to end is to be interrupted
    sys.excepthook = _tell_mistake


def ended(code: int) -> NoReturn:
    gc.freeze()  # nor need what is left be looked through at the end
    sys.exit(code)


def main() -> NoReturn:
    prepare()
    ended(run())


def _tell_mistake(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """A mistake of ours, as Python tells it, but for what would steer a terminal or a pipeline."""
    told = "".join(traceback.format_exception(kind, error, trace))
    if sys.stderr is not None:
        sys.stderr.write(inert(visible(told)))
