"""Members that requests for stores and for agents have in common, read and judged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from provisioner.emulator.wire.errors import bad_request

if TYPE_CHECKING:
    from collections.abc import Collection

    from provisioner.emulator.model.interface import Json


# azure-rest-api-specs, ai-foundry: agents (for stores: assumed to be the same)
DESCRIPTION_MAX: Final = 512
METADATA_PAIRS_MAX: Final = 16
METADATA_KEY_MAX: Final = 64
METADATA_VALUE_MAX: Final = 512


def given_description(document: Json) -> Json:
    """The description as a field, or no field."""
    value = document.get("description")
    if value is not None and (not isinstance(value, str) or len(value) > DESCRIPTION_MAX):
        message = f"'description' must be a string of at most {DESCRIPTION_MAX} characters."
        raise bad_request(message, param="description")
    return {} if value is None else {"description": value}


def metadata_of(document: Json) -> Json | None:
    metadata = document.get("metadata")
    if metadata is None:
        return None
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        raise bad_request("'metadata' must be a map of strings.", param="metadata")
    if len(metadata) > METADATA_PAIRS_MAX:
        raise bad_request(f"'metadata' can have at most {METADATA_PAIRS_MAX} pairs.", param="metadata")
    for key, value in metadata.items():
        if len(key) > METADATA_KEY_MAX or len(value) > METADATA_VALUE_MAX:
            raise bad_request(
                f"'metadata' keys have at most {METADATA_KEY_MAX} characters and values {METADATA_VALUE_MAX}: "
                f"'{key[:METADATA_KEY_MAX]}'.",
                param="metadata",
            )
    return metadata


def object_of(document: Json, key: str, *, required: bool = True) -> Json:
    value = document.get(key)
    if value is None and not required:
        return {}
    if not isinstance(value, dict):
        raise bad_request(f"'{key}' is required and must be an object.", param=key)
    return value


def refuse_unknown(document: Json, known: Collection[str], *, strict: bool) -> None:
    """assumed: unknown fields are ignored, unless strict."""
    unknown = sorted(document.keys() - set(known))
    if strict and unknown:
        raise bad_request(f"Unknown parameter: '{unknown[0]}'.", param=unknown[0])
