"""Which part of everything a run is about."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class RunScope:
    """Patterns of addresses (`stores/*`) as the command named them: without `targets`, a run is about everything but
    the `excludes`.
    """

    targets: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()

    @property
    def is_partial(self) -> bool:
        return bool(self.targets or self.excludes)
