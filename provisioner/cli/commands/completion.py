"""`provisioner completion`."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from provisioner.cli.terminal import say

_VARIABLE = "_PROVISIONER_COMPLETE"


@click.command(
    name="completion",
    epilog='Examples:\n\n  eval "$(provisioner completion bash)"\n\n'
    "  provisioner completion fish > ~/.config/fish/completions/provisioner.fish",
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def command(ctx: click.Context, *, shell: str) -> int:
    """Print a shell completion script."""
    root = ctx.find_root()
    completer = get_completion_class(shell)
    if completer is None:
        raise click.UsageError(f"click cannot complete for {shell}", ctx)
    say(completer(root.command, {}, "provisioner", _VARIABLE).source())
    return 0
