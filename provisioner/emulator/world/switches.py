"""Where the service's behaviour is not known for sure, or differs by circumstance: one switch each."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Final

from provisioner.emulator.world.options import OptionError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from provisioner.emulator.world.options import Options


@dataclass(frozen=True, kw_only=True, slots=True)
class Switches:
    strict: bool = False  # 400 for unknown or immutable fields instead of ignoring them
    dedupe_versions: bool = False  # POST /versions of an identical definition returns the existing one
    drafts_ignored: bool = False  # a draft flag is dropped silently and a normal version appears
    unknown_tools: str = "refused"  # or "accepted": types of tools that the SDK does not know yet
    agent_key: str = "refused"  # or "accepted": `agent` for `agent_reference`, as before February 2026
    traffic_split: str = "allowed"  # or "hosted-only", "refused": several versions share an agent's requests
    data_role: str = "granted"  # or "denied-401", "denied-403": token fine, no data role
    management_role: str = "granted"  # or "denied": 403 AuthorizationFailed
    roles: str = "everyone"  # or "assigned": whoever has a token may do all, or what role assignments give
    role_seconds: float = 0  # how long a role assignment takes to be in force
    missing_data_role: str = "401"  # or "403": how the project plane refuses who has no role
    preview_header_on_reads: bool = True  # v1 memory reads need the opt-in header too
    model_change: str = "refused"  # or "allowed": PUT may change model.name and model.format
    patched_credentials: str = "kept"  # or "wiped": of a connection, by a PATCH that does not name them
    filled_in_filters: bool = False  # a content filter policy gets those of its base that it does not name
    preconditions: str = "ignored"  # or "honoured": If-None-Match: * on a deployment that is there is 412
    write_style: str = "auto"  # "sync", "async", "bare" (no polling header); auto: by the duration
    region_gate: bool = True  # memory stores only in the regions that Microsoft Learn lists
    network_gate: bool = True  # who is outside an account's network is refused by its projects
    model_regions: bool = False  # models only where they are offered, as far as that is known
    holds_deprecating_models: bool = True  # the subscription has deployed before what is about to retire
    version_conflicts: bool = True  # overlapping version creates of one agent: 409
    latency_ms: float = 0  # added to every answer of the two planes
    write_seconds: float = 0  # how long a management write takes; 0: done when answered
    skew_seconds: float = 0  # how far the Date of answers is ahead of this machine's clock
    update_seconds: float = 0.5  # how long a memory update works, once it has started
    project_identity: str = "granted"  # or "denied": memory cannot use the account's models
    memory_requests_per_minute: float = 1000  # searches, and as many updates; 0: no limit


CHOICES: Final[Mapping[str, frozenset[str]]] = {
    "unknown_tools": frozenset({"refused", "accepted"}),
    "agent_key": frozenset({"refused", "accepted"}),
    "traffic_split": frozenset({"allowed", "hosted-only", "refused"}),
    "data_role": frozenset({"granted", "denied-401", "denied-403"}),
    "management_role": frozenset({"granted", "denied"}),
    "roles": frozenset({"everyone", "assigned"}),
    "missing_data_role": frozenset({"401", "403"}),
    "project_identity": frozenset({"granted", "denied"}),
    "model_change": frozenset({"refused", "allowed"}),
    "patched_credentials": frozenset({"kept", "wiped"}),
    "preconditions": frozenset({"ignored", "honoured"}),
    "write_style": frozenset({"auto", "sync", "async", "bare"}),
}


NUMBER_MAX: Final = 10**9  # 31 years of seconds: dates worked out from it are still dates
NUMBERS: Final = frozenset(
    {"latency_ms", "write_seconds", "update_seconds", "role_seconds", "skew_seconds", "memory_requests_per_minute"}
)


FROM_OPTIONS: Final = ("strict", "dedupe_versions", "latency_ms", "write_seconds", "update_seconds")


def initial(options: Options) -> Switches:
    """Raises OptionError."""
    wanted = {name: getattr(options, name) for name in FROM_OPTIONS}
    try:
        return changed(Switches(), wanted)
    except ValueError as error:
        raise OptionError(str(error)) from None


def changed(switches: Switches, wanted: Mapping[str, Any]) -> Switches:
    """Raises ValueError, naming the switch, for an unknown name or value."""
    known = {field.name for field in fields(Switches)}
    for name, value in wanted.items():
        if name not in known:
            raise ValueError(f"There is no switch {name!r}; there are: {', '.join(sorted(known))}.")
        problem = _number_problem(value) if name in NUMBERS else _choice_problem(name, value)
        if problem:
            raise ValueError(f"Switch {name!r} takes {problem}, not {value!r}.")
    return replace(switches, **wanted)


def _number_problem(value: object) -> str:
    fits = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= NUMBER_MAX
    return "" if fits else f"a number from 0 to {NUMBER_MAX}"


def _choice_problem(name: str, value: object) -> str:
    if name not in CHOICES:
        return "" if isinstance(value, bool) else "true or false"
    return "" if isinstance(value, str) and value in CHOICES[name] else ", ".join(sorted(CHOICES[name]))
