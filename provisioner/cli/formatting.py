"""Manifest files beside their canonical form."""

from __future__ import annotations

import codecs
import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from provisioner.cli.manifest_files import like
from provisioner.manifest.files import Found, find, is_stream, read_manifest, shown_path
from provisioner.manifest.fmt import formatted
from provisioner.manifest.fmt_shown import shown_text
from provisioner.manifest.limits import Budget
from provisioner.manifest.load import uncollected
from provisioner.model.diagnostic import Diagnostic
from provisioner.model.errors import ManifestInvalid, ProvisionerError
from provisioner.model.pipelines import is_inert
from provisioner.model.reasons import reason
from provisioner.model.words import quoted
from provisioner.render.safe import visible


@dataclass(frozen=True, slots=True)
class Formatting:
    """`before` are the bytes of the file, or of the stream, `written` is their text, and `text` its canonical form."""

    path: Path
    before: bytes
    written: str
    text: str
    is_stream: bool

    @property
    def name(self) -> str:
        return shown_path(self.path)

    @property
    def content(self) -> bytes:
        """With the byte order mark and the line ends that the file has: those of a checkout on Windows stay."""
        return like(self.before, self.text)

    @property
    def is_changed(self) -> bool:
        return self.content != self.before

    def diff(self) -> str:
        """Without what may be a secret, and without a word of line ends."""
        before, after = (_lines(shown_text(each)) for each in (self.written, self.text))
        lines = difflib.unified_diff(before, after, f"a/{self.name}", f"b/{self.name}", lineterm="")
        return "\n".join(lines) or f"{self.name}: only ends of lines, or what is hidden, would change"

    def require_inert(self) -> None:
        """Raises ProvisionerError where a pipeline would take a line of it for a command."""
        if not is_inert(self.text):
            raise ProvisionerError(
                "The result is not printed: a pipeline would take a line of it for a command.",
                "Format the file itself: it is written as it is.",
            )


def _lines(text: str) -> list[str]:
    """As a diff has them: that the last one does not end is said below it."""
    *lines, last = visible(text.replace("\r\n", "\n")).split("\n")
    return [*lines, f"{last}\n\\ No newline at end of file"] if last else lines


def formatting_of(paths: Sequence[Path]) -> list[Formatting]:
    """Of every file that the paths name. Raises ManifestInvalid where one of them cannot be read or formatted."""
    found, problems = find(paths)
    budget = Budget()
    result: list[Formatting] = []
    with uncollected():
        for each in found:
            formatting, of_file = _formatting(each, budget)
            result += [formatting] if formatting is not None else []
            problems += of_file
            if budget.is_spent:
                break
    if problems:
        raise ManifestInvalid(tuple(problems))
    return result


def _formatting(found: Found, budget: Budget) -> tuple[Formatting | None, list[Diagnostic]]:
    text, problem = read_manifest(found, budget)
    if text is None:
        return None, [problem] if problem else []
    result, problems = formatted(text, file=shown_path(found.path))
    if result is None:
        return None, problems
    of_stream = is_stream(found.path)
    before = text.encode() if of_stream else _content(found.path, text)
    return Formatting(found.path, before, text, result, is_stream=of_stream), problems


def _content(path: Path, text: str) -> bytes:
    """Of the file of which this is the text. Raises ProvisionerError where it is not any more."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ProvisionerError(f"{quoted(shown_path(path))} cannot be read: {reason(error)}.") from error
    if content.removeprefix(codecs.BOM_UTF8) != text.encode():
        raise ProvisionerError(
            f"{quoted(shown_path(path))} was changed in the meantime: nothing was written.", "Try again."
        )
    return content
