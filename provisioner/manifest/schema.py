"""The manifest's JSON Schema, made from the kinds, and ways through it: what it says of the value at a path."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Final

from provisioner.kinds import KINDS
from provisioner.kinds.fragments import TAKES_FILE, flag, mapping, text, whole
from provisioner.manifest.check_schema import CHECK, NAME
from provisioner.manifest.check_schema import SECTION as CHECKS
from provisioner.manifest.declared import VARIABLES
from provisioner.manifest.misfits import Shape
from provisioner.manifest.partial_schema import or_null, partial
from provisioner.model.document import Document, Json, Path
from provisioner.model.lock import CONTAINER
from provisioner.model.migration import Way
from provisioner.model.resource import OnRemove, OnReplace
from provisioner.model.words import listed, with_article
from provisioner.preflight.settings import DAYS, IDS

OWNER_NAME: Final = "^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$"
EXTENSION: Final = "x-"
# What every name must be, also one that somebody else gave: the kinds' own rules are partly guessed, and what is live
# proves them wrong. No control characters, line separators or bidirectional controls, and no path segment of its own.
ANY_NAME: Final[Document] = {
    "pattern": r"^(?!\.{1,2}$)[^\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]+$",
    "minLength": 1,
    "description": "Use characters that can be seen; `.` and `..` are no names.",
}
# A key that is nobody's name but the manifest's: references must be able to say it, so it is no path and no template.
ANY_KEY: Final[Document] = {
    **ANY_NAME,
    "pattern": ANY_NAME["pattern"].replace("[^", "[^/{}"),
    "description": f"{ANY_NAME['description'].rstrip('.')}, and none of `/`, `{{` and `}}`.",
}
# Of what somebody else made: whatever it is called, as long as it is no path segment of its own.
LIVE_NAME_OF_OTHERS: Final[Document] = {
    "pattern": r"(?!\.{1,2}$)[\s\S]+",
    "minLength": 1,
    "description": "`.` and `..` are no names.",
}
_VARIABLE: Final = {"$ref": "#/$defs/variable"}
_NOT_TEXT: Final = {"integer", "number", "boolean"}
_WHOLE_VARIABLE: Final = r"^\$\{var\.[A-Za-z_][A-Za-z0-9_]*\}$"
_LIMITS_TEXT: Final = {"enum", "const", "pattern"}

LIFECYCLE: Final[Document] = mapping(
    "How the tool may treat the live object.",
    {
        "prevent_destroy": flag(
            "Refuse to delete or replace it, also after its entry is gone. Left out, what the live object says stays "
            "so; an adopted store starts with `true`."
        ),
        "ignore": {
            "type": "array",
            "items": text("A field path with dots.", examples=["sku.capacity"]),
            "description": "Fields that others may change: differences in them are not repaired.",
            "examples": [["sku.capacity"]],
        },
        "on_remove": {
            "enum": [each.value for each in OnRemove],
            "default": OnRemove.DELETE.value,
            "description": "What happens when the entry leaves the manifest: `keep` releases the live object.",
        },
        "suspend": flag(
            "For the time of an incident, say: it is read, compared and shown, and never written. Said in the manifest "
            "alone, so when the whole entry goes, the live object does, too.",
            default=False,
        ),
    },
)
# Of kinds whose live objects hold people's data.
_ON_REPLACE: Final[Document] = {
    "oneOf": [
        {"type": "string", "enum": [each.value for each in OnReplace if each is not OnReplace.SIDE_BY_SIDE]},
        mapping(
            "`in_place` keeps the name, and copies twice; `side_by_side` moves the agents to a store of another name, "
            "so that they never answer without memory.",
            {"migrate": {"enum": [each.value for each in Way], "description": "Which way."}},
            required=["migrate"],
        ),
    ],
    "default": OnReplace.REFUSE.value,
    "description": "Of memory stores: what becomes of the memories where only a new store can be as the manifest says. "
    "`migrate` copies those of all known `scopes` into it, and `{migrate: side_by_side}` does so into one of another "
    "name, to which the agents are moved; `recreate` loses them, if --allow-data-loss names the store.",
    "examples": [OnReplace.MIGRATE.value, {"migrate": Way.SIDE_BY_SIDE.value}],
}
_DATA_LIFECYCLE: Final[Document] = {
    **LIFECYCLE,
    "properties": {**LIFECYCLE["properties"], "on_replace": _ON_REPLACE},
}
LIVE_NAME: Final[Document] = text(
    "Its name on the service, where that is another than the key: after the key was changed, or where environments "
    "differ. References in the manifest use the key.",
    examples=["dev-prefs-memory"],
)
_EXTERNAL: Final[Document] = flag(
    "It exists and belongs to somebody else: it may be referred to, is checked to exist and is never changed. "
    "Nothing else may be said about it, but its `live_name`.",
    default=False,
)
_ONLY_NAMED: Final[Document] = {
    "description": "Nothing can be created under this name: it takes a `live_name`, or is `external`.",
    "anyOf": [
        {"properties": {"external": {**_EXTERNAL, "const": True}}, "required": ["external"]},
        {"required": ["live_name"]},
    ],
}


def _needing(setting: str) -> str:
    return listed([section.replace("_", " ") for section, kind in KINDS.items() if setting in kind.settings])


PROJECT: Final[Document] = mapping(
    "Where: one Foundry project, and the account's resource group. `--local` needs none of it.",
    {
        "endpoint": text(
            "The project's endpoint. Left out, FOUNDRY_PROJECT_ENDPOINT is used.",
            examples=[
                "${env:FOUNDRY_PROJECT_ENDPOINT}",
                "https://my-account.services.ai.azure.com/api/projects/my-project",
            ],
        ),
        "account": text(
            "The account, when the endpoint's host does not tell it. Left out, FOUNDRY_ACCOUNT is used.",
            examples=["my-account"],
        ),
        "subscription_id": text(
            f"The account's subscription, for {_needing('subscription_id')}. Left out, AZURE_SUBSCRIPTION_ID is used.",
            examples=["${env:AZURE_SUBSCRIPTION_ID}"],
        ),
        "resource_group": text(
            f"The account's resource group, for {_needing('resource_group')}. Left out, AZURE_RESOURCE_GROUP is used.",
            examples=["${env:AZURE_RESOURCE_GROUP}"],
        ),
        "management_endpoint": text(
            "Azure Resource Manager, when it is not the cloud's own. Left out, PROVISIONER_MANAGEMENT_ENDPOINT is "
            "used.",
            examples=["https://management.azure.com"],
        ),
    },
)

PREFLIGHT: Final[Document] = mapping(
    "Defaults for the checks that are part of a plan: what Azure would refuse.",
    {
        "skip": {
            "type": "array",
            "items": {"enum": [*IDS]},
            "description": "Checks to leave out, beside those that --skip-check names.",
            "examples": [["quota"]],
        },
        "fail_if_retiring_within": text(
            "Refuse deployments whose model retires within so many days. --fail-if-retiring-within wins over it.",
            pattern=DAYS,
            examples=["60d"],
        ),
    },
)

LOCK: Final[Document] = mapping(
    "What apply and destroy take before they read what is live, so that two runs never write at once. `--local` takes "
    "none.",
    {
        "azure_blob": mapping(
            "A lease on a blob of its own for each owner and project, in this container of Azure Blob Storage.",
            {
                "account_url": text(
                    "The storage account's blob endpoint.",
                    examples=["https://myaccount.blob.core.windows.net"],
                ),
                "container": text(
                    "The container, which must be there.",
                    pattern=CONTAINER,
                    examples=["provisioner-locks"],
                ),
            },
            required=["account_url", "container"],
        )
    },
    required=["azure_blob"],
)

_ENVIRONMENTS: Final[Document] = {
    "environments": {
        "type": ["object", "null"],
        "propertyNames": {"pattern": OWNER_NAME},
        "additionalProperties": {"anyOf": [{"$ref": "#/$defs/environment"}, {"$ref": "#/$defs/environment_file"}]},
        "description": "What is otherwise in each environment, by name, laid over the rest: a mapping merges, a list "
        "or single value replaces, null takes out. `{file: env/prod.yaml}` keeps it in a file of its own. One is "
        "chosen with --env, PROVISIONER_ENV or `default_environment`.",
    },
    "default_environment": text("The environment that is used when none is chosen.", examples=["dev"]),
}
# A host, or a host and a port, as they stand in a URL.
HOST: Final = r"^([A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?$"
POLICY: Final[Document] = mapping(
    "What a run may do at most, whatever its flags allow. Usually said per environment. What several files and "
    "--policy say holds together: the stricter of each.",
    {
        "max_deletes": whole(
            "Refuse to delete and replace more resources than this. --max-deletes can only lower it.",
            minimum=0,
            examples=[0],
        ),
        "allow_adopt": flag(
            "`false` refuses to take over what exists and is not this manifest's, with --adopt and --take-over, too.",
            default=True,
        ),
        "require_plan": flag(
            "`true` lets apply go on only with --plan or --expect-digest, and a destruction only with a plan that "
            "`plan --destroy` made; --yes is not enough.",
            default=False,
        ),
        "protected": flag(
            "`true` refuses to delete or replace anything, in destroy, too.",
            default=False,
        ),
        "allowed_hosts": {
            "type": "array",
            "items": {
                "type": "string",
                "pattern": HOST,
                "description": "Write a host, or a host and a port, without `https://` and without a path.",
                "examples": ["my-account.services.ai.azure.com"],
            },
            "description": "The only hosts that tokens may be sent to, of those that are trusted otherwise: Azure's, "
            "and what flags allow. --local sends none anywhere.",
            "examples": [["my-account.services.ai.azure.com", "management.azure.com"]],
        },
    },
)

_ENVIRONMENT_FILE: Final[Document] = mapping(
    "The file that holds the environment.",
    {"file": text("Its path in the manifest's folder.", examples=["env/prod.yaml"])},
    required=["file"],
)

_HEAD: Final[Document] = {
    "version": {"const": 1, "description": "The version of this format."},
    "name": text(
        "Owner id: written on everything this manifest manages, so that other manifests leave it alone. Said in one of "
        "the files.",
        pattern=OWNER_NAME,
        examples=["dev-buddy"],
    ),
    "project": PROJECT,
    "preflight": PREFLIGHT,
    "policy": POLICY,
    "lock": LOCK,
}


# azd's and Terraform's words; both write sections as lists.
_NEIGHBOURS: Final[Mapping[str, str]] = {
    **{theirs: section for section, kind in KINDS.items() for theirs in kind.section_neighbours},
    "endpoint": "project.endpoint",
    "services": "Write each agent of azd's `services:` by its name below `agents:`.",
}
_BY_NAME: Final = "Write each by its name instead of as a list: `{0}: {{NAME: {{…}}}}`."


@lru_cache(maxsize=1)
def head_shape() -> Shape:
    """A file's own keys. Names, the project and the resources are checked by themselves."""
    named = {key: schema for key, schema in _HEAD["name"].items() if key != "pattern"}
    named_apart = ("project", "preflight", "policy", "lock", "variables", "environments", *KINDS, CHECKS)
    sections = {section: {"type": ["object", "null"]} for section in named_apart}
    properties = {**_HEAD, **_ENVIRONMENTS, "name": named, **sections}
    schema = mapping("A manifest.", properties, required=["version"])
    return Shape(schema, neighbours={**_NEIGHBOURS, **{section: _BY_NAME.format(section) for section in KINDS}})


@lru_cache(maxsize=1)
def project_shape() -> Shape:
    return Shape(PROJECT)


@lru_cache(maxsize=1)
def preflight_shape() -> Shape:
    return Shape(PREFLIGHT)


@lru_cache(maxsize=1)
def policy_shape() -> Shape:
    return Shape(POLICY, neighbours={"policy": "Write at the top of the file what a manifest has below `policy:`."})


@lru_cache(maxsize=1)
def lock_shape() -> Shape:
    return Shape(LOCK)


@lru_cache(maxsize=16)
def entry_shape(section: str) -> Shape:
    """One entry that is not external, with every variable resolved."""
    schema = KINDS[section].schema()
    ours = {"external": _EXTERNAL, "live_name": LIVE_NAME, "lifecycle": lifecycle_of(section)}
    return Shape({**schema, "properties": {**schema["properties"], **ours}}, neighbours=_neighbours_of(section))


def lifecycle_of(section: str) -> Document:
    return _DATA_LIFECYCLE if KINDS[section].traits.holds_data else LIFECYCLE


def _neighbours_of(section: str) -> Mapping[str, str]:
    of_data = {"lifecycle.on_replace": f"Remove it: nothing of {with_article(KINDS[section].singular)} is lost."}
    return KINDS[section].neighbours if KINDS[section].traits.holds_data else {**of_data, **KINDS[section].neighbours}


def manifest_schema() -> Json:
    """JSON Schema 2020-12 of a manifest file as it is written, variables included, for editors."""
    head = {key: schema if key == "version" else _with_variables(schema) for key, schema in _HEAD.items()}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Foundry manifest, version 1",
        "description": f"What is declared of one Microsoft Foundry project: {listed([*KINDS])}. Several files passed "
        "together are one manifest; every file says its version, one of them the name.",
        "type": "object",
        "properties": {
            **head,
            "variables": VARIABLES,
            **{section: _section(section) for section in KINDS},
            CHECKS: _checks(),
            **_ENVIRONMENTS,
        },
        "patternProperties": {f"^{EXTENSION}": {"description": "Anything, for anchors to refer to."}},
        "additionalProperties": False,
        "required": ["version"],
        "$defs": {
            "variable": _VARIABLE_SCHEMA,
            "lifecycle": _with_variables(LIFECYCLE),
            "data_lifecycle": _with_variables(_DATA_LIFECYCLE),
            "environment": _environment(head),
            "environment_file": _ENVIRONMENT_FILE,
        },
    }


def _environment(head: Document) -> Json:
    """What is laid over a manifest: any part of it."""
    return {
        "type": ["object", "null"],
        "description": "What is otherwise in this environment: a mapping merges, a list or single value replaces, null "
        "takes out.",
        "properties": {
            **{key: or_null(partial(inner, f"#/properties/{key}")) for key, inner in head.items()},
            "variables": {"type": "object", "description": "Values of the manifest's variables, by name."},
            **{section: _partial_section(section) for section in KINDS},
            CHECKS: or_null(partial(_checks(), f"#/properties/{CHECKS}")),
        },
        "patternProperties": {f"^{EXTENSION}": {"description": "Anything, for anchors to refer to."}},
        "additionalProperties": False,
    }


def _partial_section(section: str) -> Json:
    entry = partial(_with_variables(KINDS[section].schema()), f"#/properties/{section}/additionalProperties")
    lifecycle = partial(_with_variables(lifecycle_of(section)), f"#/$defs/{_lifecycle_def(section)}")
    ours = {"external": _EXTERNAL, "live_name": LIVE_NAME, "lifecycle": lifecycle}
    entry["properties"] |= {key: or_null(inner) for key, inner in ours.items()}
    return {
        "type": ["object", "null"],
        "description": f"What is otherwise of each {KINDS[section].singular}, by name.",
        "additionalProperties": or_null(entry),
    }


_VARIABLE_SCHEMA: Final[Document] = {
    "type": "string",
    "pattern": r"^\$\{(env:[A-Za-z_][A-Za-z0-9_]*(:-[^}]*)?|var\.[A-Za-z_][A-Za-z0-9_]*)\}$",
    "description": "The value of a variable: `${var.NAME}` of one that `variables:` declares, `${env:NAME}` or "
    "`${env:NAME:-default}` of one of the environment. Of these, only names that start with FOUNDRY_ or PROVISIONER_, "
    "AZURE_SUBSCRIPTION_ID, AZURE_RESOURCE_GROUP and AZURE_LOCATION are read, and those the command allows. `$${` "
    "writes a literal `${`.",
    "examples": ["${var.capacity}", "${env:FOUNDRY_CAPACITY:-50}"],
}


def _section(section: str) -> Json:
    kind = KINDS[section]
    entry = dict(_with_variables(kind.schema()))
    required = entry.pop("required", [])
    entry["properties"] = {
        **entry["properties"],
        "external": _EXTERNAL,
        "live_name": LIVE_NAME,
        "lifecycle": {"$ref": f"#/$defs/{_lifecycle_def(section)}", "description": LIFECYCLE["description"]},
    }
    entry["if"] = {"properties": {"external": {"const": True}}, "required": ["external"]}
    entry["then"] = {"propertyNames": {"enum": ["external", "live_name"]}}
    entry["else"] = {"required": required}
    return {
        "type": ["object", "null"],
        "description": f"Every {kind.singular} of the manifest, by name.",
        "propertyNames": {key: value for key, value in ANY_NAME.items() if key != "description"},
        "patternProperties": {
            _others(kind.names()): {"$ref": f"#/properties/{section}/additionalProperties", **_ONLY_NAMED}
        },
        "additionalProperties": entry,
    }


def _checks() -> Json:
    return {
        "type": ["object", "null"],
        "description": "What `provisioner check` and `apply --check` try of what is live, by name.",
        "propertyNames": NAME,
        "additionalProperties": _with_variables(CHECK),
    }


def _lifecycle_def(section: str) -> str:
    return "data_lifecycle" if KINDS[section].traits.holds_data else "lifecycle"


def _others(names: Document) -> str:
    """A pattern for the names that break the rule."""
    lengths = f"{names.get('minLength', 1)},{names.get('maxLength', '')}"
    return f"^(?!(?=.{{{lengths}}}$){names['pattern'].removeprefix('^')})"


def _with_variables(schema: Any) -> Any:
    """The schema, taking a variable wherever something other than free text is wanted. Conditions stay as they are, but
    that of several alternatives one alone fits: a variable fits those of more than one type.
    """
    if isinstance(schema, list):
        return [_with_variables(each) for each in schema]
    if not isinstance(schema, Mapping):
        return schema
    if _wants_a_number(schema) or not _LIMITS_TEXT.isdisjoint(schema):
        return _or_variable(schema)
    inside = {"anyOf" if key == "oneOf" else key: _inside(key, value) for key, value in schema.items()}
    if schema.get("type") in ("array", "object"):
        inside |= {"type": [schema["type"], "string"], "pattern": _WHOLE_VARIABLE}
    return inside


def _wants_a_number(schema: Document) -> bool:
    named = schema.get("type", ())
    types = {named} if isinstance(named, str) else set(named)
    return bool(types & _NOT_TEXT) and "string" not in types


def _inside(keyword: str, value: Any) -> Any:
    if keyword == "properties":
        return {name: _with_variables(inner) for name, inner in value.items()}
    if keyword in {"items", "additionalProperties", "then", "else", "oneOf", "anyOf", "allOf"}:
        return _with_variables(value)
    return value


def _or_variable(schema: Document) -> Json:
    spoken = {key: schema[key] for key in ("description", "default", "examples") if key in schema}
    bare = {key: value for key, value in schema.items() if key not in spoken}
    return {**spoken, "anyOf": [bare, _VARIABLE]}


_ANYTHING: Final[Document] = {}  # one, so that it is recognised


def schemas_at(schema: Document, path: Path) -> list[Document]:
    """Everything the schema may say of the value at the path; empty when there can be no such value."""
    here = [schema]
    for step in path:
        here = schemas_in(here, step)
    return here


def schemas_in(schemas: Iterable[Document], step: str) -> list[Document]:
    """What they say of one step further in, each schema once."""
    inner = {id(each): each for schema in schemas for each in _inner(schema, step)}
    return [*inner.values()]


def held_by_file(path: Path) -> str:
    """What a file in the place of an entry's value would hold: `text`, `document`, or nothing, as there can be none."""
    takes = {each.get(TAKES_FILE, "") for each in schemas_at(entry_shape(path[0]).schema, path[2:])}
    return "text" if "text" in takes else "document" if "document" in takes else ""


def stands_in_file(value: Document, path: Path) -> bool:
    """Whether the mapping, which is at that path of a manifest, names the file that holds the value."""
    return value.keys() == {"file"} and path[0] in KINDS and bool(held_by_file(path))


def types_at(schema: Document, path: Path) -> set[str]:
    types: set[str] = set()
    for each in schemas_at(schema, path):
        for variant in variants(each):
            named = variant.get("type", ())
            types.update([named] if isinstance(named, str) else named)
    return types


def keys_at(schema: Document, path: Path) -> list[str]:
    """The keys the schema names in the mapping at the path."""
    found = (variant for each in schemas_at(schema, path) for variant in variants(each))
    return [key for variant in found for key in variant.get("properties", ())]


def _inner(schema: Document, step: str) -> Iterator[Document]:
    for variant in variants(schema):
        if step in variant.get("properties", {}):
            yield variant["properties"][step]
        elif step.isdecimal() and "items" in variant:
            yield variant["items"]
        elif _is_open(variant):
            others = variant.get("additionalProperties", _ANYTHING)
            yield others if isinstance(others, Mapping) else _ANYTHING


def _is_open(schema: Document) -> bool:
    """Whether it takes mappings with keys it does not name."""
    if "type" not in schema and {"oneOf", "anyOf", "enum", "const"} & schema.keys():
        return False
    return "object" in schema.get("type", "object") and schema.get("additionalProperties") is not False


def variants(schema: Document) -> Iterator[Document]:
    """The schema, and every other that it may be about."""
    yield schema
    for keyword in ("then", "else"):
        if keyword in schema:
            yield from variants(schema[keyword])
    for keyword in ("oneOf", "anyOf", "allOf"):
        for branch in schema.get(keyword, ()):
            yield from variants(branch)
