"""`provisioner init`."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
from click.core import ParameterSource

from provisioner.cli.complaints import warn
from provisioner.cli.options import DEFAULT_FILE, service_options
from provisioner.cli.options import owner as owner_name
from provisioner.cli.session import Request, allowed_hosts
from provisioner.cli.starter import (
    PROMPT,
    example_variables,
    github_files,
    github_manifest,
    starter_manifest,
    starter_prompt,
)
from provisioner.cli.starting import ENV, Start, Written, require_free, write_beside, write_start
from provisioner.cli.terminal import note, say
from provisioner.manifest.project import VARIABLES, owner_fault
from provisioner.model.azure_hosts import account_of
from provisioner.model.document import Document
from provisioner.model.errors import ProvisionerError
from provisioner.model.words import plural
from provisioner.render.safe import one_line

if TYPE_CHECKING:
    from provisioner.cli.live_manifest import LiveManifest
    from provisioner.manifest.outputs import Outputs
    from provisioner.model.address import Address

_NAMELESS: Final = "my-agents"
_OF_THE_SERVICE: Final = ("local", "state", "catalogue", "project_endpoint", "parallelism", "timeout_s")
_FILE_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")
_LOCALLY: Final = ("provisioner plan --local", "what would be made, on the embedded Foundry")
_CHECKED: Final = ("provisioner doctor", "what would keep an apply from working")
_ON_AZURE: Final = ("provisioner plan", "the same on Azure")
_FOR_GITHUB: Final = (
    ("provisioner plan --env dev --local", "what would be made, on the embedded Foundry"),
    ("see .github/workflows/README.md", "what to set, so that the workflows plan and apply on Azure"),
)


@click.command(
    name="init",
    epilog="Examples:\n\n  provisioner init\n\n"
    "  az deployment group show --name foundry --resource-group my-group --query properties.outputs --output json "
    "| provisioner init --from-outputs -\n\n"
    "  provisioner init --from-project --adopt\n\n"
    "  provisioner init --github",
)
@click.option(
    "--from-outputs",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Read where the project is from the outputs of a deployment, as JSON, and write it to .env; - reads stdin.",
)
@click.option("--from-project", is_flag=True, help="Write what is live, as export does, instead of a first example.")
@click.option("--name", type=owner_name, metavar="NAME", help="The manifest's name; by default the folder's.")
@click.option(
    "--owner",
    type=owner_name,
    metavar="NAME",
    help="With --from-project: write what this owner has; by default the one who has most.",
)
@click.option(
    "--adopt", is_flag=True, help="With --from-project: write what no manifest owns in full, for apply --adopt."
)
@click.option(
    "--github",
    is_flag=True,
    help="Start with environments dev and prod, and the workflows that plan them on pull requests, apply them on main "
    "and look for drift; where there is a manifest, write the workflows alone.",
)
@click.option("--force", is_flag=True, help="Replace files that are there already.")
@service_options
@click.pass_context
def command(
    ctx: click.Context,
    /,
    *,
    from_outputs: Path | None,
    from_project: bool,
    name: str | None,
    owner: str | None,
    adopt: bool,
    github: bool,
    force: bool,
    **shared: Any,
) -> int:
    """Start a folder: a manifest, its prompts, its variables.

    Writes stores.yaml, prompts/, the schema that editors complete it with, .env.example, lines for .gitignore, and
    with --from-outputs the .env; all of them or none. Without --from-project nothing is asked of any service. The flags
    that say which service and how it is asked go with --from-project.
    """
    _require_sense(ctx, from_outputs=from_outputs, from_project=from_project, name=name, owner=owner, adopt=adopt)
    if github:
        return _for_github(ctx, name, force=force)
    request = Request(**shared)
    if from_project:
        return _from_project(request, owner=owner, adopt=adopt, force=force)
    outputs = _outputs(from_outputs, request) if from_outputs is not None else None
    start = Start(
        manifest=starter_manifest(name or _name_of(Path.cwd()), outputs.lock if outputs else None),
        texts={PROMPT: starter_prompt()},
        example=example_variables(),
        variables=_variables(outputs) if outputs else {},
    )
    _tell(write_start(start, force=force), _next_after(outputs))
    if outputs:
        _tell_outputs(outputs, start.variables)
    return 0


def _for_github(ctx: click.Context, name: str | None, *, force: bool) -> int:
    for other in ("from_outputs", "from_project"):
        if ctx.get_parameter_source(other) is ParameterSource.COMMANDLINE:
            flag = f"--{other.replace('_', '-')}"
            raise click.UsageError(f"--github and {flag} are two ways to start; leave one away.", ctx)
    texts = github_files()
    if Path(DEFAULT_FILE).exists():
        if name is not None:
            raise click.UsageError(f"--name is for a new manifest, and {DEFAULT_FILE} is there.", ctx)
        pipeline = {path: text for path, text in texts.items() if path.startswith(".github/")}
        _tell(write_beside(pipeline, force=force), _FOR_GITHUB)
        note(f"{DEFAULT_FILE} is left as it is. The workflows are for its environments dev and prod.")
        return 0
    manifest = github_manifest(name or _name_of(Path.cwd()))
    start = Start(manifest=manifest, texts={**texts, PROMPT: starter_prompt()}, example="", variables={})
    _tell(write_start(start, force=force), _FOR_GITHUB)
    return 0


def _require_sense(
    ctx: click.Context,
    *,
    from_outputs: Path | None,
    from_project: bool,
    name: str | None,
    owner: str | None,
    adopt: bool,
) -> None:
    if from_project and from_outputs is not None:
        raise click.UsageError("--from-outputs and --from-project are two ways to start; leave one away.", ctx)
    if from_project and name is not None:
        raise click.UsageError("--from-project keeps the name of the owner; say which with --owner.", ctx)
    given = [each for each in _OF_THE_SERVICE if ctx.get_parameter_source(each) is ParameterSource.COMMANDLINE]
    given += [flag for flag, is_given in (("owner", owner is not None), ("adopt", adopt)) if is_given]
    if given and not from_project:
        flag = next(each.opts[0] for each in ctx.command.params if each.name == given[0])
        raise click.UsageError(f"{flag} is about a live project; add --from-project, or leave it away.", ctx)


def _name_of(folder: Path) -> str:
    """The folder's name, as far as an owner can have it."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", folder.name)[:63].strip("._-")
    return name if name and not owner_fault(name) else _NAMELESS


def _outputs(path: Path, request: Request) -> Outputs:
    from provisioner.manifest.outputs import read_outputs  # noqa: PLC0415 - only who has some pays for it

    allowed = allowed_hosts(request.allow_hosts, None, os.environ)
    outputs, problems = read_outputs(path, allow_hosts=allowed)
    warn(problems)
    if outputs is None:
        raise ProvisionerError("The outputs cannot be used; nothing was written.")
    return outputs


def _variables(outputs: Outputs) -> dict[str, str]:
    values = {
        VARIABLES["endpoint"]: outputs.endpoint,
        VARIABLES["subscription_id"]: outputs.subscription_id,
        VARIABLES["resource_group"]: outputs.resource_group,
    }
    if outputs.account and account_of(outputs.endpoint) is None:
        values[VARIABLES["account"]] = outputs.account
    if outputs.location:
        values["AZURE_LOCATION"] = outputs.location
    return values


def _tell(written: Collection[Written], then: Collection[tuple[str, str]]) -> None:
    say("\n".join(f"{each.what:<9} {each.name}" for each in written))
    width = max(len(command) for command, _ in then)
    say("\nNext:\n" + "\n".join(f"  {command:<{width}}  {purpose}" for command, purpose in then))


def _next_after(outputs: Outputs | None) -> list[tuple[str, str]]:
    if outputs is not None:
        return [_LOCALLY, _CHECKED, _ON_AZURE, ("provisioner apply", "make it")]
    return [_LOCALLY, ("cp .env.example .env", "then fill it in: which project"), _CHECKED, _ON_AZURE]


def _tell_outputs(outputs: Outputs, variables: Mapping[str, str]) -> None:
    others = len(outputs.projects) - 1
    if others > 0:
        note(f"The deployment has {plural(others, 'more project')}: this is for the first. {ENV} says which.")
    if outputs.pipeline_client_id:
        note(f"A workflow signs in as AZURE_CLIENT_ID={outputs.pipeline_client_id}.")
    if outputs.lock:
        note('The manifest declares a lock, which needs: pip install "foundry-provisioner[lock]"')
    for name in (name for name, value in variables.items() if os.environ.get(name, value) not in ("", value)):
        note(f"Warning: {name} is set in the environment to something else, and wins over {ENV}.")


def _from_project(request: Request, *, owner: str | None, adopt: bool, force: bool) -> int:
    from provisioner.cli.live_manifest import read_live, tell  # noqa: PLC0415 - the network is paid for by who asks it

    require_free(force=force)  # before anybody is asked
    found = read_live(request, owner=owner, adopt=adopt, with_region=True)
    prompts = dict(_prompts(found.entries))
    entries = {
        address: {**entry, "instructions": {"file": _prompt_file(address)}} if address in prompts else entry
        for address, entry in found.entries.items()
    }
    start = Start(
        manifest=_commented(found, entries, adopt=adopt),
        texts={_prompt_file(address): text for address, text in prompts.items()},
        example=example_variables(),
        variables={},
    )
    flag = " --adopt" if adopt else ""
    local = " --local" if request.local else ""
    local += f" --state {shlex.quote(request.state)}" if request.state is not None else ""
    _tell(write_start(start, force=force), [(f"provisioner plan{flag}{local}", "what would be changed")])
    tell(found, adopt=adopt)
    return 0


def _commented(found: LiveManifest, entries: Mapping[Address, Document], *, adopt: bool) -> str:
    from provisioner.manifest.write import SCHEMA  # noqa: PLC0415 - as above

    where = f", in {one_line(found.region)}" if found.region else ""
    planned, only = ("plan --adopt", "nothing but owners, and protection of stores") if adopt else ("plan", "nothing")
    header = [
        "",
        f"What is live in {found.source}{where}. What is `external` is somebody else's: it can be referred to.",
        "",
        f"  provisioner {planned}    what apply would change: right after this, {only}",
    ]
    return found.text(schema=SCHEMA, header=header, entries=entries, remarks=dict(_remarks(found)))


def _remarks(found: LiveManifest) -> Iterator[tuple[Address, str]]:
    """Why something is written only by its name, and what becomes of what nobody owns."""
    for address in (*found.entries, *found.external):
        marker = found.live[address].marker
        is_external = address in found.external
        if found.live[address].odd:
            yield address, "What the service shows of it cannot be read."
        elif marker is None and not is_external:
            yield address, "Belongs to no manifest yet: apply --adopt takes it over."
        elif marker is None:
            yield address, "Not known to belong to a manifest; init --from-project --adopt writes such things in full."
        elif is_external and marker.owner != found.name:
            yield address, f"Belongs to the manifest {marker.owner}."


def _prompts(entries: Mapping[Address, Document]) -> Iterator[tuple[Address, str]]:
    """Instructions of several lines, each in a file of its own, where the agent's name can be a file's."""
    from provisioner.manifest.inline import MAX_TEXT_BYTES  # noqa: PLC0415 - as above
    from provisioner.manifest.write import is_several_lines  # noqa: PLC0415

    taken: set[str] = set()
    for address, entry in sorted(entries.items()):
        text, name = entry.get("instructions"), address.name.casefold()  # some file systems do not tell case apart
        usable = address.kind == "agents" and _FILE_NAME.fullmatch(address.name) and name not in taken
        if usable and isinstance(text, str) and is_several_lines(text) and len(text.encode()) <= MAX_TEXT_BYTES:
            taken.add(name)
            yield address, text


def _prompt_file(address: Address) -> str:
    return f"prompts/{address.name}.md"
