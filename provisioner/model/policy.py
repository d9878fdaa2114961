"""What a run may do at most, whatever its flags allow."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from provisioner.model.diagnostic import Location


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """It only narrows: what a rule does not restrict is as the flags say. `max_deletes` None is no limit, and counts
    replacements, too; `allowed_hosts` None lets every host be that is trusted otherwise. `said` are the rules that
    restrict something, each with every place that says so.
    """

    max_deletes: int | None = None
    allow_adopt: bool = True
    require_plan: bool = False
    protected: bool = False
    allowed_hosts: frozenset[str] | None = None
    said: frozenset[tuple[str, Location]] = frozenset()

    @classmethod
    def of(cls, rules: Mapping[str, Any], at: Callable[[str], Location] | None = None) -> Policy:
        """From what a document says: its rules, and where each of them stands."""
        hosts = rules.get("allowed_hosts")
        policy = cls(
            max_deletes=rules.get("max_deletes"),
            allow_adopt=rules.get("allow_adopt", True),
            require_plan=rules.get("require_plan", False),
            protected=rules.get("protected", False),
            allowed_hosts=None if hosts is None else frozenset(host.lower() for host in hosts),
        )
        return policy._as_said((name, at(name)) for name in policy.restricting) if at else policy

    @property
    def rules(self) -> dict[str, Any]:
        """Every rule by its name, wherever it is said."""
        return {name: getattr(self, name) for name in RULES}

    @property
    def restricting(self) -> tuple[str, ...]:
        """The rules that restrict something."""
        return tuple(name for name, value in self.rules.items() if value != getattr(_NONE, name))

    def where(self, rule: str) -> Location | None:
        """The first place that says so."""
        return min((place for name, place in self.said if name == rule), default=None)

    def narrowed(self, other: Policy) -> Policy:
        """The stricter of each rule; of hosts those that both allow."""
        limits = [it.max_deletes for it in (self, other) if it.max_deletes is not None]
        both = Policy(
            max_deletes=min(limits, default=None),
            allow_adopt=self.allow_adopt and other.allow_adopt,
            require_plan=self.require_plan or other.require_plan,
            protected=self.protected or other.protected,
            allowed_hosts=_hosts_of_both(self.allowed_hosts, other.allowed_hosts),
        )
        return both._as_said(it for side in (self, other) for it in side.said if _counts(it[0], side, both))

    def laxer_than(self, other: Policy) -> tuple[str, ...]:
        """The rules in which the other one is stricter, or allows other hosts."""
        both = self.narrowed(other)
        return tuple(name for name in RULES if getattr(both, name) != getattr(self, name))

    def _as_said(self, said: Iterator[tuple[str, Location]]) -> Policy:
        return Policy(**self.rules, said=frozenset(said))


RULES: Final = ("protected", "max_deletes", "allow_adopt", "require_plan", "allowed_hosts")
_NONE: Final = Policy()


def _counts(rule: str, side: Policy, both: Policy) -> bool:
    """Whether what the side says is a reason for what both say together."""
    return rule == "allowed_hosts" or getattr(side, rule) == getattr(both, rule)


def _hosts_of_both(one: frozenset[str] | None, other: frozenset[str] | None) -> frozenset[str] | None:
    """A host without a port stands for every port of it."""
    if one is None or other is None:
        return one if other is None else other
    return frozenset({*_covered(one, other), *_covered(other, one)})


def _covered(hosts: frozenset[str], by: frozenset[str]) -> Iterator[str]:
    yield from (it for it in hosts if it in by or host_of(it) in by)


def host_of(authority: str) -> str:
    """Without its port."""
    host, colon, port = authority.rpartition(":")
    return host if colon and port.isdecimal() and not host.endswith(":") else authority
