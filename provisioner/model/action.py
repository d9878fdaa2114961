"""What may be done to a resource, and who moved."""

from __future__ import annotations

from enum import Enum


class Action(str, Enum):
    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    MIGRATE = "migrate"
    DELETE = "delete"
    ADOPT = "adopt"
    RELEASE = "release"


class Origin(str, Enum):
    """Who moved: the manifest (edit), the live object (drift), or both since the last apply."""

    EDIT = "edit"
    DRIFT = "drift"
    BOTH = "both"
