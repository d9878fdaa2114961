"""GitHub's API through `gh`, which every runner of GitHub has: it knows the token, the host and the proxy."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from typing import Any, Final

from provisioner.model.errors import ProvisionerError
from provisioner.render.safe import one_line

_TIMEOUT_S: Final = 120
_FORBIDDEN: Final = ("HTTP 403", "HTTP 404", "Resource not accessible by integration")


class Forbidden(ProvisionerError):  # noqa: N818 - the name says it
    """The job's token may not."""


def send(method: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """What GitHub answers. Raises ProvisionerError, and Forbidden where the token may not."""
    (answer,) = _asked(["--method", method, path, "--input", "-"], json.dumps(body))
    return dict(answer)


def query(text: str, **variables: str | int) -> list[dict[str, Any]]:
    """The `data` of every page. The text takes `$endCursor` and asks for `pageInfo`. Raises as `send` does."""
    words = ["graphql", "--paginate", "--raw-field", f"query={text}"]
    for name, value in variables.items():
        words += ["--field" if isinstance(value, int) else "--raw-field", f"{name}={value}"]
    return [dict(page["data"]) for page in _asked(words, "")]


def _asked(words: list[str], given: str) -> list[Any]:
    try:
        done = subprocess.run(  # noqa: S603 - no shell, and words of ours
            ["gh", "api", *words],  # noqa: S607 - the runner says where it is
            input=given,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=_TIMEOUT_S,
            check=False,
        )
    except FileNotFoundError as error:
        raise ProvisionerError("gh is not installed.", "Install it on this runner, or say `comment: false`.") from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ProvisionerError("gh could not be run, or did not end.", "Run the job again.") from error
    if done.returncode:
        said = one_line(done.stderr.strip()[:500])
        sort = Forbidden if any(word in done.stderr + done.stdout for word in _FORBIDDEN) else ProvisionerError
        raise sort(f"GitHub did not do what was asked: {said}")
    try:
        return list(_documents(done.stdout))
    except ValueError as error:
        raise ProvisionerError("GitHub's answer cannot be read.", "Run the job again.") from error


def _documents(text: str) -> Iterator[Any]:
    """One behind the other, as `gh` prints pages."""
    decoder, at = json.JSONDecoder(), 0
    while (at := len(text) - len(text[at:].lstrip())) < len(text):
        document, at = decoder.raw_decode(text, at)
        yield document
