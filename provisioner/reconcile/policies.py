"""What a policy forbids, whatever was allowed beside it: the place is that of the rule, not that of a resource."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from typing import Final

from provisioner.model.action import Action
from provisioner.model.address import Address
from provisioner.model.diagnostic import Diagnostic
from provisioner.model.plan import Change
from provisioner.model.policy import Policy
from provisioner.model.words import joined, listed, plural

_FIRST: Final = "If this is meant, change the policy first, in a change of its own."
_NAMED_AT_MOST: Final = 5


def forbidden(changes: Sequence[Change], policy: Policy, *, destruction: bool = False) -> Iterator[Diagnostic]:
    """No flag helps against these."""
    going = [change for change in changes if change.destroys]
    if policy.protected and going:
        yield _protected(going, policy, destruction=destruction)
    if exceeds(changes, policy):
        yield _too_many([it for it in going if it.gives_up], policy, destruction=destruction)
    strange = [change.address for change in changes if _is_strange(change)]
    if not policy.allow_adopt and strange:
        yield _strangers(strange, policy)


def exceeds(changes: Sequence[Change], policy: Policy) -> bool:
    """Whether more would be deleted and replaced than the policy lets be."""
    return policy.max_deletes is not None and sum(change.gives_up for change in changes) > policy.max_deletes


def _is_strange(change: Change) -> bool:
    return change.is_adoption or change.is_takeover


def _protected(going: Sequence[Change], policy: Policy, *, destruction: bool) -> Diagnostic:
    parts = [
        f"{_some([change.address for change in going if change.action is action])} would be {verb}"
        for action, verb in ((Action.DELETE, "deleted"), (Action.REPLACE, "replaced"), (Action.MIGRATE, "migrated"))
        if any(change.action is action for change in going)
    ]
    return Diagnostic(
        code="policy-protected",
        message=f"The policy says `protected: true`, but {' and '.join(parts)}.",
        hint=_FIRST if destruction else f"To leave that as it is and do the rest, add --no-delete. {_FIRST}",
        where=policy.where("protected"),
        resources=tuple(change.address for change in going),
    )


def _too_many(going: Sequence[Change], policy: Policy, *, destruction: bool) -> Diagnostic:
    counts = [
        plural(number, noun)
        for action, noun in ((Action.DELETE, "deletion"), (Action.REPLACE, "replacement"))
        if (number := sum(change.action is action for change in going))
    ]
    fewer = "with --target" if destruction else "with --target, or leave them out with --no-delete"
    return Diagnostic(
        code="policy-max-deletes",
        message=f"{joined(counts)} {'is' if len(going) == 1 else 'are'} planned; the policy says "
        f"`max_deletes: {policy.max_deletes}`, whatever --max-deletes says.",
        hint=f"Check that the manifest is whole; do fewer at once {fewer}. {_FIRST}",
        where=policy.where("max_deletes"),
        resources=tuple(change.address for change in going),
    )


def _strangers(addresses: Sequence[Address], policy: Policy) -> Diagnostic:
    exists = "exists already and is" if len(addresses) == 1 else "exist already and are"
    return Diagnostic(
        code="policy-adopt",
        message=f"{_some(addresses)} {exists} not this manifest's; the policy says `allow_adopt: false`.",
        hint=f"Declare `external: true` what is only referred to. {_FIRST}",
        where=policy.where("allow_adopt"),
        resources=tuple(addresses),
    )


def needs_plan(policy: Policy, *, environment: str = "", destruction: bool = False) -> Diagnostic:
    """For who would apply without one."""
    chosen = f" --env {shlex.quote(environment)}" if environment else ""
    made = f"plan{chosen} --destroy" if destruction else f"plan{chosen}"
    digest = "" if destruction else "; or give apply --expect-digest the digest of the plan that was reviewed"
    return Diagnostic(
        code="policy-require-plan",
        message="The policy says `require_plan: true`: only a plan that was made, and can be reviewed, before is "
        "applied. Neither --yes nor an answer is enough.",
        hint=f"Make one, then apply that{digest}:\nprovisioner {made} --out plan.json\n"
        "provisioner apply --plan plan.json",
        where=policy.where("require_plan"),
    )


def laxer(made_under: Policy, policy: Policy) -> Iterator[Diagnostic]:
    """Of a saved plan, and the policy that it is to be applied under. That it was to be saved first is fulfilled."""
    rules = [rule for rule in made_under.laxer_than(policy) if rule != "require_plan"]
    if rules:
        yield Diagnostic(
            code="policy-laxer-plan",
            message=f"The plan was made under a laxer policy than this one: {listed([f'`{rule}`' for rule in rules])} "
            f"{'is' if len(rules) == 1 else 'are'} stricter here.",
            hint="Plan again with the same --policy, and have that plan reviewed.",
            where=policy.where(rules[0]),
        )


def _some(names: Sequence[Address]) -> str:
    more = [f"{len(names) - _NAMED_AT_MOST} more"] if len(names) > _NAMED_AT_MOST else []
    return joined([*names[:_NAMED_AT_MOST], *more])
