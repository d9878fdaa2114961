"""Tables of the state, as whoever keeps rows in one says of it. The state creates those that its file lacks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Table:
    """`sql` creates it, and its indexes behind it. With a `body` column a row is an object, kept as JSON; rows with a
    `project` go with that project.
    """

    name: str
    sql: str

    @cached_property
    def statements(self) -> tuple[str, ...]:
        """In the form in which two of them can be compared: without comments and line breaks."""
        return tuple(bare(statement) for statement in self.sql.split(";\n") if statement.strip())


def bare(sql: str) -> str:
    return " ".join(re.sub("--.*", "", sql).split()).removesuffix(";")
