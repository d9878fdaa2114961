"""Content filter policies of an account, and those that the service keeps.

Source: azure-rest-api-specs (RaiPolicy.tsp); Azure/bicep-types-az; a refusal seen in
Azure/terraform-azurerm-avm-res-cognitiveservices-account#118. assumed: who writes or deletes a policy of the service is
refused, and so is who deletes one that a deployment uses; what the switch fills in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provisioner.emulator.control.arm_children import Children
from provisioner.emulator.control.arm_family import arm_family, seeding
from provisioner.emulator.control.resource_rows import DEPLOYMENT, Resource, children
from provisioner.emulator.control.resources import PROVIDER, invalid, members_of, tags_of, the_account
from provisioner.emulator.wire.call import Reply
from provisioner.emulator.wire.errors import Refusal

if TYPE_CHECKING:
    from provisioner.emulator.control.family import Cells
    from provisioner.emulator.model.interface import Json
    from provisioner.emulator.wire.call import Call


POLICY: Final = "policy"
POLICIES: Final = Children(
    kind=POLICY,
    plural="raiPolicies",
    pattern=r"[a-zA-Z0-9][a-zA-Z0-9_.-]*",
    tagged=True,
    page_size=100,  # assumed
    polled_deletes=True,
)
SYSTEM: Final = ("Microsoft.Default", "Microsoft.DefaultV2")
MODES: Final = ("Default", "Deferred", "Blocking", "Asynchronous_filter")
SEVERE: Final = ("Hate", "Sexual", "Violence", "Selfharm")
PLAIN: Final = (
    "Jailbreak",
    "Indirect Attack",
    "Protected Material Text",
    "Protected Material Code",
    "Profanity",
    "Task Adherence",
)
SEVERITIES: Final = ("Low", "Medium", "High")
SOURCES: Final = ("Prompt", "Completion", "PreRun", "PreToolCall", "PostToolCall", "PostRun")
EGRESS_SINCE: Final = "2026-05-15-preview"  # and not in 2026-07-01 (Azure/bicep-types-az)


def list_policies(call: Call) -> Reply:
    account, shown = the_account(call), POLICIES.list_all(call)
    if isinstance(shown.body, dict) and "$skipToken" not in call.query:
        shown.body["value"] = [*(_system(account, name) for name in SYSTEM), *shown.body["value"]]
    return shown


def read_policy(call: Call) -> Reply:
    of_system = _called(call.params[POLICY])
    return POLICIES.read(call) if of_system is None else Reply(body=_system(the_account(call), of_system))


def write_policy(call: Call) -> Reply:
    """PUT: a full replace, and done when it is answered."""
    account, existing = POLICIES.begin_write(call)
    _refuse_system(call.params[POLICY])
    document = call.document()
    properties = _checked(members_of(document, "properties"), call.query["api-version"])
    if call.switches.filled_in_filters:
        properties["contentFilters"] = [*properties.get("contentFilters", []), *_lacking(properties)]
    given = {"tags": tags_of(document), "properties": {**properties, "type": "UserManaged"}}
    return POLICIES.written(call, account, existing, given)


def delete_policy(call: Call) -> Reply:
    account, name = the_account(call), call.params[POLICY]
    _refuse_system(name)
    for deployment in children(call.state, DEPLOYMENT, account.row):
        if str(deployment.properties.get("raiPolicyName")).lower() == name.lower():
            raise Refusal(409, "RaiPolicyInUse", f"The policy '{name}' is used by the deployment '{deployment.name}'.")
    return POLICIES.delete(call)


def _checked(given: Json, version: str) -> Json:
    """What a client may write, with the defaults that the service fills in."""
    kept = {key: value for key, value in given.items() if key != "type" and value is not None}
    if kept.setdefault("mode", "Default") not in MODES:
        raise invalid(f"The mode is one of {', '.join(MODES)}.")
    if not isinstance(kept.get("basePolicyName"), str | None):
        raise invalid("The base policy is not valid.")
    for key in ("contentFilters", "customBlocklists", "safetyProviders"):
        items = kept.get(key, [])
        if not isinstance(items, list) or not all(isinstance(it, dict) for it in items):
            raise invalid(f"{key} is not a list of objects.")
        if not all(it.get("source") in SOURCES for it in items):
            raise _bad_filter()
    _check_filters(kept.get("contentFilters", []))
    egress = kept.pop("egressPolicy", None)
    if isinstance(egress, dict) and version >= EGRESS_SINCE and version != "2026-07-01":
        kept["egressPolicy"] = {"defaultAction": "Deny", "mode": "Enforced", **egress}
    return kept


def _check_filters(filters: list[Json]) -> None:
    seen = set()
    for it in filters:
        name, threshold = it.get("name"), it.get("severityThreshold")
        if name not in (*SEVERE, *PLAIN) or (name, it["source"]) in seen:
            raise _bad_filter()
        if (threshold is None and name in SEVERE) or threshold not in (None, *SEVERITIES):
            raise _bad_filter()
        seen.add((name, it["source"]))


def _lacking(properties: Json) -> list[Json]:
    given = {(it["name"], it["source"]) for it in properties.get("contentFilters", [])}
    return [it for it in _filters() if (it["name"], it["source"]) not in given]


def _filters() -> list[Json]:
    """Source: Microsoft Learn, default safety policies."""
    on: Json = {"enabled": True, "blocking": True}
    return [
        *({"name": name, "source": at, "severityThreshold": "Medium", **on} for at in SOURCES[:2] for name in SEVERE),
        {"name": "Jailbreak", "source": "Prompt", **on},
        {"name": "Protected Material Text", "source": "Completion", **on},
        {"name": "Protected Material Code", "source": "Completion", **on, "blocking": False},
    ]


def _bad_filter() -> Refusal:
    return Refusal(400, "Resource has invalid content filter", "The content filters of the policy are not valid.")


def _called(name: str) -> str | None:
    return next((it for it in SYSTEM if it.lower() == name.lower()), None)


def _refuse_system(name: str) -> None:
    if name.lower().startswith("microsoft."):
        raise Refusal(400, "RaiPolicyNotAllowed", f"The policy '{name}' is managed by the system.")


def _system(account: Resource, name: str) -> Json:
    return {
        "id": f"{account.arm_id}/{POLICIES.plural}/{name}",
        "name": name,
        "type": f"{PROVIDER}/accounts/{POLICIES.plural}",
        "properties": {"mode": "Default", "type": "SystemManaged", "contentFilters": _filters()},
    }


def _cells(_: Call, it: Resource) -> Cells:
    properties = it.properties
    return properties.get("basePolicyName") or "", properties["mode"], len(properties.get("contentFilters") or ())


FAMILY: Final = arm_family(
    POLICY,
    name="rai_policies",
    seed=seeding(write_policy, POLICY, {"properties": {"basePolicyName": SYSTEM[-1]}}),
    title="Content filter policies",
    nothing="No policy of your own yet.",
    columns=("Based on", "Mode", "Filters"),
    cells=_cells,
    routes=POLICIES.routes(list_all=list_policies, read=read_policy, write=write_policy, delete=delete_policy),
)
