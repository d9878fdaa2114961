"""Each refusal that the local Foundry has for what a manifest can say is predicted, or it is said why it cannot be."""

from __future__ import annotations

import re
from pathlib import Path

import provisioner.emulator
from provisioner.preflight.checks import CHECKS
from provisioner.preflight.settings import IDS

ROOMS = Path(provisioner.emulator.__file__).parent
FILES = {
    "control": "deployment_rules deployments usages rai_policies rai_blocklists rai_blocklist_items connections",
    "project": "agent_rules agents versions stores regions",
}
MANIFEST = "checked with the manifest"
PREDICTED = {
    "CannotChangeDeploymentModel": "never asked for: another model replaces the deployment, see `replace`",
    "DeploymentModelNotSupported": "catalogue",
    "InsufficientQuota": "quota",
    "InvalidCapacity": "catalogue",
    "InvalidModelProviderData": "catalogue",
    "InvalidRequestContent": MANIFEST,
    "InvalidResourceProperties": "catalogue",  # a sku; the rest is checked with the manifest
    "InvalidResourceType": "never asked for: our api-version is a later one",
    "InvalidTags": MANIFEST,
    "RaiPolicyInUse": "references",  # a warning: what the service does is not known
    "RaiPolicyNotAllowed": MANIFEST,
    "Resource has invalid content filter": MANIFEST,
    "ServiceModelDeprecated": "lifecycle",
    "ServiceModelDeprecating": "lifecycle",  # a warning: what a subscription has deployed before is not told
    "UserError": "references limits",  # a region without memory; versions of an agent, of which nobody tells how many
    "ValidationError": MANIFEST,
    "spilloverDeploymentNameInvalidSku": MANIFEST,
    "PreconditionFailed": "cannot be known: somebody makes it between plan and apply, see `recheck`",
    "UnsupportedMediaType": "never asked for: we say what we send",
    "NotEmulated": "never asked for: agents are not imported",
    "conflict": "cannot be known: somebody makes it between plan and apply, see `recheck`",
    "invalid_parameters": MANIFEST,
    "tool_limit_exceeded": MANIFEST,
}


def codes() -> set[str]:
    files = [ROOMS / room / f"{name}.py" for room, names in FILES.items() for name in names.split()]
    text = "\n".join(file.read_text(encoding="utf-8") for file in files)
    return {*re.findall(r'Refusal\(\s*4\d\d,\s*"([^"]+)"', text), *re.findall(r'code="([^"]+)"', text), "NotEmulated"}


def test_every_refusal_is_predicted_or_it_is_said_why_it_cannot_be() -> None:
    assert codes() - PREDICTED.keys() == set()
    assert PREDICTED.keys() - codes() == set()


def test_every_check_has_its_line_in_the_table_and_the_help() -> None:
    assert list(CHECKS) == list(IDS)
    named = {name for says in PREDICTED.values() for name in says.split() if name in IDS}
    assert named == set(IDS) - {"replace"}  # which is all of them for a replacement
