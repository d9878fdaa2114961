"""A rendered manifest for programs.

`{"format_version": "1.0", "environment": "prod", "manifest": {…}, "origins": [{"path": ["agents", "buddy", "model"],
"file": "stores.yaml", "line": 9, "column": 12}]}`: the manifest as it would be written, and the place that each single
value, list or empty mapping of it came from. Where variables are put in, that is the place of the reference, and
`variables` has of each its `name` and what set it: `file`, `line` and `column`, or in `set_by` the flag or variable of
the environment. `environment` is null where the manifest has none. New keys may come with any minor version; none goes
without a major one.
"""

from __future__ import annotations

from provisioner.model.diagnostic import Location
from provisioner.model.document import Json, Path
from provisioner.model.rendered import Rendered, SetBy
from provisioner.render.json_text import json_text


def rendered_json(rendered: Rendered) -> str:
    document = {
        "format_version": "1.0",
        "environment": rendered.environment,
        "manifest": rendered.document,
        "origins": [_origin(rendered, path) for path, _ in rendered.values()],
    }
    return json_text(document, indent=2) + "\n"


def _origin(rendered: Rendered, path: Path) -> Json:
    origin = rendered.origin(path)
    of_variables = {"variables": [_set_by(each) for each in origin.variables]} if origin.variables else {}
    return {"path": list(path), **_place(origin.where), **of_variables}


def _set_by(said: SetBy) -> Json:
    return {"name": said.variable, **(_place(said.where) if said.where is not None else {"set_by": said.outside})}


def _place(where: Location) -> Json:
    return {"file": where.file, "line": where.line, "column": where.column}
