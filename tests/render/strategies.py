"""Plans and events of any content: hostile texts, odd keys, numbers that JSON does not know."""

from __future__ import annotations

from typing import Any, Final

from hypothesis import strategies as st

from provisioner.model.action import Action, Origin
from provisioner.model.address import Address
from provisioner.model.allowances import Allowances
from provisioner.model.diagnostic import Diagnostic, Location, Severity
from provisioner.model.document import ABSENT, Document
from provisioner.model.errors import Failure
from provisioner.model.plan import Change, FieldChange, Plan, Target
from provisioner.model.policy import RULES, Policy
from provisioner.model.progress import (
    ApplyFinished,
    ApplyStarted,
    ChangeFinished,
    ChangeNoted,
    ChangeProgressed,
    ChangeStarted,
    Event,
    Outcome,
    Progress,
    Status,
)
from provisioner.model.resource import Live, Marker, OnRemove
from provisioner.model.run_scope import RunScope
from provisioner.reconcile.comparison import Side, compared

_SPICE: Final = [
    "\x1b[2J",
    "\u202e",
    "\r\n",
    "\t",
    "\x9b",
    "\u2028",
    "\ud800",
    "\U000e0041",
    "```",
    "|",
    "</details>",
    "<!--",
    "@team",
    "#1",
    "::error::",
    "\n::stop-commands::x",
    "\n\u00a0 ::add-mask::x",
    "##vso[task.setvariable variable=x]y",
    "##[error]",
    "##VSO[task.complete]",
    "%0A",
    "[a](b)",
    "~~",
    "$x$",
    "https://example.com",
    "\\",
]

texts: Final = st.lists(st.one_of(st.text(max_size=12), st.sampled_from(_SPICE)), max_size=5).map("".join)
_any_char: Final = st.characters(exclude_categories=())
wild: Final = st.one_of(texts, st.text(_any_char, max_size=20), st.text("ab\n", max_size=30))
_scalars: Final = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), wild)
keys: Final = st.one_of(st.sampled_from(["model", "tools", "headers", "name", "value", "api_key", "a.b"]), texts)
values: Final[st.SearchStrategy[object]] = st.recursive(
    _scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(keys, inner, max_size=3)),
    max_leaves=8,
)
documents: Final[st.SearchStrategy[Document]] = st.dictionaries(keys, values, max_size=4)
addresses: Final = st.builds(Address, st.sampled_from(["deployments", "stores", "agents"]), wild)
markers: Final = st.builds(Marker, owner=wild, prevent_destroy=st.booleans(), on_remove=st.sampled_from(OnRemove))
lives: Final = st.builds(
    Live, address=addresses, fields=documents, marker=st.none() | markers, revision=wild, marker_revision=wild
)
field_changes: Final = st.builds(
    FieldChange,
    path=st.lists(keys, min_size=1, max_size=3).map(tuple),
    before=st.just(ABSENT) | values,
    after=st.just(ABSENT) | values,
    origin=st.none() | st.sampled_from(Origin),
    forces_replace=st.booleans(),
)
changes: Final = st.builds(
    Change,
    action=st.sampled_from(Action),
    address=addresses,
    before=st.none() | lives,
    after=st.none() | documents,
    marker=st.none() | markers,
    fields=st.lists(field_changes, max_size=3).map(tuple),
    loses_data=st.booleans(),
    referrers=st.lists(addresses, max_size=2).map(tuple),
    remarks=st.lists(wild, max_size=2).map(tuple),
    key=st.just("") | wild,
)
targets: Final = st.builds(
    Target, endpoint=wild, account=wild, subscription=wild, resource_group=wild, local=st.booleans()
)
locations: Final = st.builds(Location, file=wild, line=st.integers(1), column=st.integers(1), path=wild)
diagnostics: Final = st.builds(
    Diagnostic,
    code=wild,
    message=wild,
    hint=wild,
    severity=st.sampled_from(Severity),
    where=st.none() | locations,
    resources=st.lists(addresses, max_size=2).map(tuple),
)
patterns: Final = st.lists(wild, max_size=2).map(tuple)
policies: Final = st.builds(
    lambda places, **rules: Policy.of(rules, places.__getitem__),
    st.fixed_dictionaries(dict.fromkeys(RULES, locations)),
    max_deletes=st.none() | st.integers(0, 3),
    allow_adopt=st.booleans(),
    require_plan=st.booleans(),
    protected=st.booleans(),
    allowed_hosts=st.none() | st.lists(wild, max_size=2),
)
plans: Final = st.builds(
    Plan,
    owner=wild,
    target=st.none() | targets,
    changes=st.lists(changes, max_size=3).map(tuple),
    unchanged=st.lists(addresses, max_size=2).map(tuple),
    refusals=st.lists(diagnostics, max_size=2).map(tuple),
    warnings=st.lists(diagnostics, max_size=2).map(tuple),
    notes=st.lists(diagnostics, max_size=2).map(tuple),
    suspended=st.lists(changes, max_size=2).map(tuple),
    scope=st.just(RunScope()) | st.builds(RunScope, targets=patterns, excludes=patterns),
    out_of_scope=st.lists(addresses, max_size=2).map(tuple),
    destruction=st.booleans(),
    allow=st.builds(Allowances, policy=policies),
)
sides: Final = st.builds(
    Side,
    name=wild,
    owner=wild,
    target=st.none() | targets,
    head=documents,
    resources=st.dictionaries(addresses, documents, max_size=3),
)
comparisons: Final = st.builds(compared, sides, sides, notes=st.lists(wild, max_size=2))
failures: Final = st.builds(Failure, message=wild, code=wild, status=st.integers(0, 599), request_id=wild, advice=wild)
outcomes: Final = st.builds(
    Outcome,
    change=changes,
    status=st.sampled_from(Status),
    reason=wild,
    failure=st.none() | failures,
    elapsed_s=st.floats(0, 1e6),
    remarks=st.lists(wild, max_size=2).map(tuple),
)
finishes: Final = st.builds(
    ApplyFinished,
    outcomes=st.lists(outcomes, max_size=3).map(tuple),
    interrupted=st.booleans(),
    elapsed_s=st.floats(0, 1e6),
)
events: Final[st.SearchStrategy[Event]] = st.one_of(
    st.builds(ApplyStarted, plan=plans),
    st.builds(ChangeStarted, change=changes),
    st.builds(ChangeNoted, change=changes, note=wild),
    st.builds(
        ChangeProgressed,
        change=changes,
        progress=st.builds(
            Progress,
            doing=wild,
            done=st.integers(0, 10**7),
            total=st.none() | st.integers(0, 10**7),
            per_minute=st.none() | st.floats(0, 1e6),
            left_s=st.none() | st.floats(0, 1e7),
        ),
    ),
    st.builds(ChangeFinished, outcome=outcomes),
    finishes,
)


# Keys that change what the keys below them are.
_TURNS: Final = [
    *("parameters", "schema", "spec", "structured_inputs", "headers", "properties", "$defs", "items", "allOf"),
    *("paths", "components", "securitySchemes", "security", "flows", "scopes", "required", "description", "default"),
    *("examples", "enum", "type", "responses", "content", "get", "metadata", "environment_variables", "value", "x"),
]
turns: Final = st.sampled_from(_TURNS)


def behind_turns(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """The document somewhere below such keys, in mappings and lists."""
    return st.recursive(
        inner,
        lambda deeper: st.one_of(
            deeper.map(lambda it: [it]),
            st.tuples(turns, deeper, st.dictionaries(turns, _scalars, max_size=2)).map(
                lambda parts: {**parts[2], parts[0]: parts[1]}
            ),
        ),
        max_leaves=6,
    )


def with_secret(key: str, secret: object) -> st.SearchStrategy[Any]:
    """Documents that hold the secret under this key, at any depth."""
    holder = st.dictionaries(keys, _scalars, max_size=2).map(lambda other: {**other, key: secret})
    return st.recursive(
        holder,
        lambda inner: st.one_of(
            inner.map(lambda it: [it]), st.tuples(keys, inner).map(lambda pair: {pair[0]: pair[1]})
        ),
        max_leaves=3,
    )
