"""Where a deployment or an agent names a content filter policy of its account: by its name, or by its ARM id.

Source: azure-rest-api-specs (deployments: raiPolicyName; agents: RaiConfig). Names ignore case: the service may show
one in the letters of whoever asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from provisioner.model.address import Address
from provisioner.model.document import Path
from provisioner.model.resource import Reference

SECTION: Final = "rai_policies"
_NAME: Final = re.compile(r"[^/{}]+")  # or a key of the manifest's own; a template is none
_ID: Final = re.compile(r"/.*/raiPolicies/(?P<name>[^/]+)/?", re.IGNORECASE)
_BUILT_IN: Final = "microsoft."


def policy_named(value: object, path: Path) -> Iterator[Reference]:
    """An optional reference: one that the manifest does not declare is somebody else's. The service's own are nobody's.
    An id names one of this account; that of another one is not told apart, and harms no more than by an order that need
    not be.
    """
    if not isinstance(value, str):
        return
    found = _ID.fullmatch(value)
    name = found["name"] if found else value
    if _NAME.fullmatch(name) and not is_built_in(name):
        by_id = found is not None
        yield Reference(path=path, target=Address(SECTION, name), optional=True, case_blind=True, by_id=by_id)


def is_built_in(name: str) -> bool:
    """Whether it is a policy that the service keeps, such as `Microsoft.DefaultV2`."""
    return name.casefold().startswith(_BUILT_IN)
