"""A rendered manifest for programs.

`{"format_version": "1.0", "environment": "prod", "manifest": {…}, "origins": [{"path": ["agents", "buddy", "model"],
"file": "stores.yaml", "line": 9, "column": 12}]}`: the manifest as it would be written, and the place that each single
value, list or empty mapping of it came from. `environment` is null where the manifest has none. New keys may come with
any minor version; none goes without a major one.
"""

from __future__ import annotations

from provisioner.model.document import Json, Path
from provisioner.model.rendered import Rendered
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
    where = rendered.origin(path)
    return {"path": list(path), "file": where.file, "line": where.line, "column": where.column}
