"""`provisioner models`."""

from __future__ import annotations

from typing import Any

import click

from provisioner.cli.formats import MODELS, format_option
from provisioner.cli.options import service_options
from provisioner.cli.session import Request, connected
from provisioner.cli.terminal import Terminal, say
from provisioner.model.errors import ProvisionerError
from provisioner.planes.service import Planes
from provisioner.preflight import reading
from provisioner.preflight.facts import Catalogue, Unknown, plain
from provisioner.preflight.offers import Offer, offers


@click.command(
    name="models",
    epilog="Examples:\n\n  provisioner models --local --search gpt\n\n"
    "  provisioner models --region swedencentral --format json",
)
@service_options
@click.option("--region", metavar="REGION", help="Of this region; by default that of the account.")
@click.option("--search", default="", metavar="WORDS", help="Only models whose format or name holds all these words.")
@format_option(MODELS, "How the list is printed.")
@click.pass_obj
def command(terminal: Terminal, /, *, region: str | None, search: str, style: str, **shared: Any) -> int:
    """List what can be deployed, what is left of its quota, and when it ends.

    A row for each sku of each version of a model. Quota is that of the subscription in the region, which all its
    accounts share.
    """
    with connected(Request(**shared), None) as planes:
        where, found, notes = _asked(planes, region, search)
    say(MODELS[style](found, where, notes, terminal.out, terminal.width))
    return 0


def _asked(planes: Planes, region: str | None, search: str) -> tuple[str, list[Offer], list[str]]:
    """The region, what it offers, and what could not be known. Raises ProvisionerError where nothing can be."""
    if planes.management is None:
        raise ProvisionerError(
            "Models are listed by Azure Resource Manager, and it is not said where.",
            "Set AZURE_SUBSCRIPTION_ID and AZURE_RESOURCE_GROUP, and FOUNDRY_ACCOUNT where the host is not Azure's.",
        )
    where = plain(region) if region else reading.region(planes.management)
    catalogue = reading.catalogue(planes.management, region=where if region and isinstance(where, str) else "")
    if not isinstance(catalogue, Catalogue):
        raise ProvisionerError(catalogue.why, "Check the region and your role on the account.")
    usages = reading.usages(planes.management, where)
    notes = [part.why for part in (where, usages) if isinstance(part, Unknown) and part.why]
    return where if isinstance(where, str) else "", list(offers(catalogue, usages, search=search)), notes
