"""What the keys of a mapping are, by where it stands: names of fields, keywords that describe, or names of what is
described.

Sources: JSON Schema 2020-12 (https://json-schema.org/draft/2020-12), OpenAPI 3.1 and 2.0
(https://spec.openapis.org/oas), and the agent definitions of the project plane.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from provisioner.model.document import Path


@dataclass(slots=True, eq=False)
class Role:
    """`keywords` are keys whose meaning is known, with the role of what stands below; any other key is a field's name,
    which is below in `others`. With `names`, every key is one that somebody chose for what is described below it;
    `names_values` tells that something of that name is given a value some day. Roles are compared by identity, as they
    refer to each other in circles.
    """

    keywords: Mapping[str, Role] = field(default_factory=dict)
    others: Role | None = None
    names: Role | None = None
    names_values: bool = False
    items: Role | None = None
    hides_all: bool = False  # a secret one is hidden with all that is in it
    describes: bool = False

    @property
    def is_of_names(self) -> bool:
        return self.names is not None

    @property
    def item(self) -> Role:
        """The role of the items, where a list stands here."""
        return self.items or self

    def below(self, name: str) -> Role:
        if self.names is not None:
            return self.names
        return self.keywords.get(name) or self.others or FIELDS


FIELDS: Final = Role(hides_all=True)
PLAIN: Final = Role(hides_all=True)  # free keys, of which none has a meaning
PLAIN.others = PLAIN
OPAQUE: Final = Role()  # free keys, of which every value is hidden
OPAQUE.others = OPAQUE
VALUES: Final = Role(hides_all=True)  # a default, an example: fields again, all of them secret or none
ABOUT: Final = Role(describes=True)  # text and numbers that describe
LISTED: Final = Role(describes=True)  # a list of names
SCHEMA: Final = Role(describes=True)
OPENAPI: Final = Role(describes=True)
SCHEME: Final = Role(describes=True)
INPUT: Final = Role(describes=True)


def _names(role: Role, *, values: bool = True, items: Role | None = None) -> Role:
    return Role(names=role, names_values=values, items=items, describes=True)


def _each(names: str, role: Role) -> Iterable[tuple[str, Role]]:
    return ((name, role) for name in names.split())


_SCHEMA_KEYWORDS: Final = {
    **dict(
        _each(
            "type format description title pattern minLength maxLength minimum maximum exclusiveMinimum "
            "exclusiveMaximum multipleOf minItems maxItems uniqueItems minContains maxContains minProperties "
            "maxProperties enum required readOnly writeOnly deprecated nullable strict $ref $schema $id $anchor "
            "$dynamicRef $dynamicAnchor $comment contentEncoding contentMediaType",
            ABOUT,
        )
    ),
    **dict(
        _each(
            "items additionalItems additionalProperties unevaluatedItems unevaluatedProperties not if then else "
            "contains propertyNames allOf anyOf oneOf prefixItems contentSchema",
            SCHEMA,
        )
    ),
    **dict(_each("properties patternProperties $defs definitions dependentSchemas", _names(SCHEMA))),
    **dict(_each("default example examples const value default_value", VALUES)),
    "dependentRequired": _names(LISTED, values=False),
}
SCHEMA.keywords = _SCHEMA_KEYWORDS

OPENAPI.keywords = {
    **_SCHEMA_KEYWORDS,
    **dict(
        _each(
            "openapi swagger host basePath name in summary operationId tags url email version termsOfService "
            "identifier jsonSchemaDialect consumes produces schemes style explode allowReserved allowEmptyValue "
            "collectionFormat contentType operationRef",
            ABOUT,
        )
    ),
    **dict(
        _each(
            "info contact license externalDocs components get put post delete options head patch trace requestBody "
            "servers server discriminator xml",
            OPENAPI,
        )
    ),
    **dict(
        _each(
            "paths webhooks responses requestBodies callbacks pathItems links content encoding",
            _names(OPENAPI, values=False),
        )
    ),
    **dict(_each("parameters headers variables", _names(OPENAPI, items=OPENAPI))),
    **dict(_each("schemas definitions", _names(SCHEMA))),
    **dict(_each("securitySchemes securityDefinitions", _names(SCHEME))),
    "schema": SCHEMA,
    "security": _names(LISTED, values=False),
}

SCHEME.keywords = {
    **dict(
        _each(
            "type name in description scheme bearerFormat openIdConnectUrl flow authorizationUrl tokenUrl refreshUrl "
            "$ref deprecated",
            ABOUT,
        )
    ),
    "flows": _names(SCHEME, values=False),
    "scopes": _names(LISTED, values=False),
}

INPUT.keywords = {**dict(_each("description required type title", ABOUT)), "schema": SCHEMA, "default_value": VALUES}

FIELDS.keywords = {
    **dict(_each("parameters schema json_schema input_schema output_schema inputSchema outputSchema", SCHEMA)),
    **dict(_each("metadata tags", PLAIN)),
    **dict(_each("headers environment_variables", OPAQUE)),
    "spec": OPENAPI,
    **dict(_each("securitySchemes security_schemes", _names(SCHEME))),
    "structured_inputs": _names(INPUT),
}
VALUES.keywords = FIELDS.keywords


def has_no_default(path: Path) -> bool:
    """Whether nothing comes in the place of what is removed there: of keys that somebody chose, and of descriptions."""
    role = FIELDS
    for name in path[:-1]:
        role = role.item if name.isdecimal() and not role.is_of_names else role.below(name)
    return role in (PLAIN, OPAQUE) or role.describes
