"""Problems as SARIF 2.1.0, which code scanning shows beside the lines of a pull request.

Sources: https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/sarif-v2.1.0-errata01-os-complete.html and, for what
GitHub reads of it, https://docs.github.com/code-security/reference/code-scanning/sarif-support-for-code-scanning
"""

from __future__ import annotations

import hashlib
import json
import posixpath
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from provisioner.model.diagnostic import Diagnostic, Location, Severity
from provisioner.model.document import Json
from provisioner.model.redact import harmless
from provisioner.render.json_text import json_text
from provisioner.render.safe import visible

SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_ROOT: Final = "%SRCROOT%"
_DRIVE: Final = re.compile(r"[A-Za-z]:/")
# What a segment of a path may hold unescaped (RFC 3986); a first segment with a colon would be read as a scheme.
_UNESCAPED: Final = "/!$&'()*+,;=@~"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkout:
    """Absolute paths with `/`: of what is scanned, and of the folder that the files of diagnostics are told from."""

    root: str
    folder: str

    def artifact(self, file: str) -> Json:
        """Inside the checkout by its path there, whatever it was called; outside by its whole path."""
        path = posixpath.normpath(file if _is_absolute(file) else posixpath.join(self.folder, file))
        inside = f"{self.root.rstrip('/')}/"
        if path.startswith(inside):
            return {"uri": _quoted(path.removeprefix(inside)), "uriBaseId": _ROOT}
        return {"uri": f"file:///{_quoted(path.lstrip('/'))}"}


def diagnostics_sarif(
    items: Sequence[Diagnostic], *, codes: Mapping[str, str], version: str, checkout: Checkout
) -> str:
    """`codes` is what each code says; every one is a rule, so that two runs can be compared."""
    numbers = {code: number for number, code in enumerate(codes)}
    driver = {"name": "provisioner", "semanticVersion": version, "rules": [_rule(*each) for each in codes.items()]}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": list(_results(items, numbers, checkout)),
    }
    return json_text({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(code: str, said: str) -> Json:
    return {
        "id": code,
        "shortDescription": {"text": said},
        "fullDescription": {"text": said},
        "help": {"text": f"{said} Each result says what was found and what to do."},
    }


def _results(items: Sequence[Diagnostic], numbers: Mapping[str, int], checkout: Checkout) -> Iterator[Json]:
    seen: Counter[str] = Counter()
    for item in items:
        text = visible(harmless("\n".join(part for part in (item.told, item.hint) if part)))
        artifact = checkout.artifact(item.where.file) if item.where else {"uri": ".", "uriBaseId": _ROOT}
        finding = json.dumps([item.code, artifact["uri"], _path(item.where), text])
        seen[finding] += 1
        fingerprint = hashlib.sha256(f"{finding}{seen[finding]}".encode()).hexdigest()
        yield {
            "ruleId": item.code,
            **({"ruleIndex": numbers[item.code]} if item.code in numbers else {}),
            "level": _LEVELS[item.severity],
            "message": {"text": _message(text)},
            "locations": [_location(item.where, artifact)],
            "partialFingerprints": {"finding/v1": fingerprint},
        }


def _message(text: str) -> str:
    """Braces begin placeholders, and brackets links (3.11.5 and 3.11.6)."""
    return text.replace("{", "{{").replace("}", "}}").replace("](", "\\](")


_LEVELS: Final = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}


def _location(where: Location | None, artifact: Json) -> Json:
    """Code scanning takes no result without one: what has no place is the whole checkout's."""
    region = {"startLine": where.line, "startColumn": where.column} if where else {"startLine": 1}
    found: Json = {"physicalLocation": {"artifactLocation": artifact, "region": region}}
    if path := _path(where):
        found["logicalLocations"] = [{"fullyQualifiedName": path}]
    return found


def _path(where: Location | None) -> str:
    return visible(harmless(where.path)) if where else ""


def _is_absolute(file: str) -> bool:
    return file.startswith("/") or _DRIVE.match(file) is not None


def _quoted(path: str) -> str:
    """Half a surrogate pair is how a byte that is no UTF-8 stands in a file's name."""
    return quote(path.encode("utf-8", "surrogateescape" if _is_bytes(path) else "replace"), safe=_UNESCAPED)


def _is_bytes(path: str) -> bool:
    return all(not "\ud800" <= char <= "\udfff" or "\udc80" <= char <= "\udcff" for char in path)
