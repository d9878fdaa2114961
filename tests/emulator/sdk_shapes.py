"""The shapes of agents' definitions as azure-ai-projects publishes them: its models, read from their source.

A spec is one line: `string`, `number`, `integer`, `boolean`, `object`, `any`, the name of a model, `[spec]` for a list,
`{spec}` for a map, `spec|spec` for either.
"""

from __future__ import annotations

import ast
import re
from importlib import metadata
from pathlib import Path
from typing import Any, Final

import azure.ai.projects.models as sdk_models

Json = dict[str, Any]
ROOTS: Final = ("PromptAgentDefinition", "VoiceAgentDefinition", "ExternalAgentDefinition", "WorkflowAgentDefinition")
PLAIN: Final = {"str": "string", "int": "integer", "float": "number", "bool": "boolean", "Any": "any"}


def shapes() -> Json:
    """`models` by name; `variants` of a base by the word in its `key` that tells them apart."""
    classes = {node.name: node for node in _tree("_models.py").body if isinstance(node, ast.ClassDef)}
    models: Json = {}
    variants: Json = {}
    waiting = list(ROOTS)
    while waiting:
        name = waiting.pop()
        if name in models or name in variants:
            continue
        below = {_word(node): node.name for node in classes.values() if name in _bases(node) and _word(node)}
        if below:
            variants[name] = {
                "key": _key(classes[name]),
                "of": dict(sorted((below | _known_words(name, below)).items())),
            }
            waiting += below.values()
        else:
            models[name] = _members(classes[name], classes)
            waiting += _named_in(models[name])
    return {
        "source": f"azure-ai-projects {metadata.version('azure-ai-projects')}",
        "models": dict(sorted(models.items())),
        "variants": dict(sorted(variants.items())),
    }


def _tree(file: str) -> ast.Module:
    folder = Path(str(sdk_models.__file__)).parent
    return ast.parse((folder / file).read_text(encoding="utf-8"))


def _known_words(base: str, below: Json) -> Json:
    """Types of tools that are named and have no model of their own."""
    if base != "Tool":
        return {}
    (enum,) = (node for node in _tree("_enums.py").body if isinstance(node, ast.ClassDef) and node.name == "ToolType")
    values = [node.value for node in enum.body if isinstance(node, ast.Assign)]
    words = [value.value for value in values if isinstance(value, ast.Constant)]
    return {str(word): "" for word in words if word not in below}


def _word(node: ast.ClassDef) -> str:
    return next((str(ast.literal_eval(word.value)) for word in node.keywords if word.arg == "discriminator"), "")


def _key(node: ast.ClassDef) -> str:
    found = re.search(r"rest_discriminator\(name='([^']+)'", ast.unparse(node))
    assert found is not None, node.name
    return found[1]


def _bases(node: ast.ClassDef) -> list[str]:
    return [ast.unparse(base) for base in node.bases]


def _members(node: ast.ClassDef, classes: dict[str, ast.ClassDef]) -> Json:
    needs: Json = {}
    takes: Json = {}
    for member in node.body:
        if not isinstance(member, ast.AnnAssign) or not isinstance(member.target, ast.Name) or member.value is None:
            continue
        value = ast.unparse(member.value)
        if "rest_" not in value or "visibility=['read']" in value:
            continue
        said = re.search(r"name='([^']+)'", value)
        spec, is_optional = _spec(member.annotation, classes)
        (takes if is_optional or "rest_discriminator" in value else needs)[said[1] if said else member.target.id] = spec
    return {"needs": dict(sorted(needs.items())), "takes": dict(sorted(takes.items()))}


def _spec(annotation: ast.expr, classes: dict[str, ast.ClassDef]) -> tuple[str, bool]:
    """And whether it may be left out."""
    match annotation:
        case ast.Subscript(value=ast.Name(id="Optional"), slice=inner):
            return _spec(inner, classes)[0], True
        case ast.Subscript(value=ast.Name(id=generic), slice=inner):
            return _of(generic, inner, classes), False
        case ast.Constant(value=str(quoted)):
            return _named(quoted.rpartition(".")[2] if quoted.startswith("_models.") else "", classes), False
        case ast.Name(id=name):
            return PLAIN.get(name, "any"), False
        case _:
            return "any", False


def _of(generic: str, inner: ast.expr, classes: dict[str, ast.ClassDef]) -> str:
    parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
    match generic:
        case "Literal":
            return "string"
        case "Union":
            return "|".join(sorted({_spec(part, classes)[0] for part in parts}))
        case "list":
            return f"[{_spec(inner, classes)[0]}]"
        case "dict":
            spec = _spec(parts[-1], classes)[0]
            return "object" if spec == "any" else f"{{{spec}}}"
        case _:
            return "any"


def _named(name: str, classes: dict[str, ast.ClassDef]) -> str:
    """An enumeration is an open list of words; a union of the SDK's own is anything."""
    if not name:
        return "any"
    return name if name in classes else "string"


def _named_in(members: Json) -> list[str]:
    specs = " ".join([*members["needs"].values(), *members["takes"].values()])
    return re.findall(r"\b[A-Z]\w+", specs)
