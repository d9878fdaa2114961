"""`provisioner export`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from provisioner.apply.observe import observe
from provisioner.cli.files import write_atomically
from provisioner.cli.options import service_options
from provisioner.cli.session import Request, connected
from provisioner.cli.terminal import remark, say
from provisioner.kinds import KINDS
from provisioner.manifest.write import dump
from provisioner.model.address import Address
from provisioner.model.document import Document
from provisioner.model.errors import ProvisionerError
from provisioner.model.resource import Live

_UNOWNED = "imported"


@click.command(
    name="export",
    epilog="Examples:\n\n  provisioner export --local\n\n  provisioner export --adopt --out stores.yaml",
)
@service_options
@click.option("--owner", metavar="NAME", help="Export what this owner has; by default the one who has most.")
@click.option("--adopt", is_flag=True, help="Write what no manifest owns in full, to be taken over by apply --adopt.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write to this file.")
@click.option("--force", is_flag=True, help="Overwrite the file if it exists.")
def command(*, owner: str | None, adopt: bool, out: Path | None, force: bool, **shared: Any) -> int:
    """Write a manifest of what is live.

    Planning the result shows no changes: the owner's resources are written in full, everything else as
    `external: true`, so that it can be referred to.
    """
    if out is not None and out.exists() and not force:
        raise ProvisionerError(f'"{out}" exists.', "Add --force to overwrite it, or name another file.")
    request = Request(**shared)
    with connected(request, None) as planes:
        live = observe(KINDS, planes, {}, parallelism=request.parallelism)
    name = owner or _busiest(live.values()) or _UNOWNED
    text = _manifest(name, live, adopt=adopt)
    if out is None:
        say(text)
    else:
        write_atomically(out, text)
        remark(f"Wrote {len(live)} resources to {out}.")
    _tell_unowned(live, adopt=adopt)
    return 0


def _busiest(live: Any) -> str | None:
    owners = Counter(found.marker.owner for found in live if found.marker is not None)
    return min(owners, key=lambda name: (-owners[name], name)) if owners else None


def _manifest(name: str, live: Mapping[Address, Live], *, adopt: bool) -> str:
    entries: dict[Address, Document] = {}
    external: list[Address] = []
    for address, found in sorted(live.items()):
        ours = (found.marker is None and adopt) or (found.marker is not None and found.marker.owner == name)
        if ours:
            entries[address] = _entry(found)
        else:
            external.append(address)
    return dump(
        name=name,
        project={
            "endpoint": "${env:FOUNDRY_PROJECT_ENDPOINT}",
            "subscription_id": "${env:AZURE_SUBSCRIPTION_ID}",
            "resource_group": "${env:AZURE_RESOURCE_GROUP}",
        },
        entries=entries,
        external=external,
    )


def _entry(found: Live) -> Document:
    entry = dict(KINDS[found.address.kind].entry(found.fields))
    marker = found.marker
    lifecycle: dict[str, Any] = {}
    if marker is not None and marker.prevent_destroy:
        lifecycle["prevent_destroy"] = True
    if marker is not None and marker.on_remove.value != "delete":
        lifecycle["on_remove"] = marker.on_remove.value
    return {**entry, "lifecycle": lifecycle} if lifecycle else entry


def _tell_unowned(live: Mapping[Address, Live], *, adopt: bool) -> None:
    unowned = sum(found.marker is None for found in live.values())
    if unowned and adopt:
        remark(f"{unowned} of them belong to no manifest yet: apply with --adopt to manage them.")
    elif unowned:
        remark(f"{unowned} resources belong to no manifest and are written as external; --adopt writes them in full.")
