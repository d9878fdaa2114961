"""One comment on a pull request for each environment, one issue for the drift of each, found again and kept up to date.

What is ours is known by a hidden first line *and* by its author: others can write that line, too, and may edit what
then stands in a comment of theirs. Nothing is ever read back from either: what a plan is, and its digest, come from the
artefact, or are made anew.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final
from urllib.parse import quote

from provisioner.cli.github.annotations import annotate
from provisioner.cli.github.gh import Forbidden, query, send
from provisioner.cli.github.inputs import Inputs, read_inputs
from provisioner.cli.github.running import REPORT, event_of
from provisioner.model.errors import ProvisionerError
from provisioner.model.words import quoted

MOST: Final = 65_536  # characters of a comment or an issue
_COMMENTS: Final = """
query($owner: String!, $name: String!, $number: Int!, $endCursor: String) {
  repository(owner: $owner, name: $name) {
    pullRequest(number: $number) {
      comments(first: 100, after: $endCursor) {
        nodes { databaseId body viewerDidAuthor }
        pageInfo { hasNextPage endCursor }
      }
    }
  }
}
"""
_ISSUES: Final = """
query($owner: String!, $name: String!, $endCursor: String) {
  repository(owner: $owner, name: $name) {
    issues(first: 100, after: $endCursor, states: OPEN) {
      nodes { number title body viewerDidAuthor }
      pageInfo { hasNextPage endCursor }
    }
  }
}
"""
_REPOSITORY: Final = re.compile(r"[A-Za-z0-9-]+/[A-Za-z0-9._-]+")
_COMMIT: Final = re.compile(r"[0-9a-f]{40,64}")


def comment_step(environ: Mapping[str, str]) -> int:
    inputs = read_inputs(environ)
    report = inputs.folder / REPORT
    pull_request = event_of(environ).get("pull_request")
    keep: Callable[[Inputs, str, Mapping[str, str]], None]
    if inputs.command == "plan" and isinstance(pull_request, dict):
        keep, right = _keep_comment, "pull-requests"
    elif inputs.command == "drift" and pull_request is None:
        keep, right = _keep_issue, "issues"
    else:
        return 0
    if not report.exists():
        return 0
    try:
        keep(inputs, report.read_text(encoding="utf-8"), environ)
    except Forbidden as error:
        annotate(
            "warning",
            f"Nothing was written to GitHub: the job's token may not. Give it `permissions: {right}: write`; a pull "
            f"request of a fork gets none that may. {error.message}",
        )
    return 0


def marker(what: str, inputs: Inputs) -> str:
    """The same from run to run, and not shown. `--` would end a comment for some readers."""
    subject = quote(inputs.subject.encode("utf-8", "replace"), safe="/:").replace("--", "%2D%2D")
    return f"<!-- provisioner {what}: {subject} -->"


def _keep_comment(inputs: Inputs, report: str, environ: Mapping[str, str]) -> None:
    pull_request = event_of(environ)["pull_request"]
    number, repository = pull_request.get("number"), _repository(environ)
    if not isinstance(number, int):
        raise ProvisionerError("The event does not say which pull request it is about.")
    commit = str((pull_request.get("head") or {}).get("sha", ""))
    foot = f"\nCommit: {commit}\n" if _COMMIT.fullmatch(commit) else ""
    first = marker("plan", inputs)
    body = _fitted(first, report, foot)
    owner, _, name = repository.partition("/")
    pages = query(_COMMENTS, owner=owner, name=name, number=number)
    there = next(_ours(pages, "pullRequest", "comments", first), None)
    if there is None:
        send("POST", f"repos/{repository}/issues/{number}/comments", {"body": body})
    elif there["body"].strip() != body.strip():
        send("PATCH", f"repos/{repository}/issues/comments/{there['databaseId']}", {"body": body})


def _keep_issue(inputs: Inputs, report: str, environ: Mapping[str, str]) -> None:
    """Opened where there is drift, or where it is not known whether there is; closed when there is none."""
    repository = _repository(environ)
    owner, _, name = repository.partition("/")
    first, title = marker("drift", inputs), f"Drift{f' in {inputs.environment}' if inputs.environment else ''}"
    body = _fitted(first, report, "")
    there = next(_ours(query(_ISSUES, owner=owner, name=name), "", "issues", first), None)
    has_drifted = environ.get("DRIFTED") != "false"
    if there is None:
        if has_drifted:
            send("POST", f"repos/{repository}/issues", {"title": title, "body": body})
        return
    over = {} if has_drifted else {"state": "closed", "state_reason": "completed"}
    if over or there["body"].strip() != body.strip():
        send("PATCH", f"repos/{repository}/issues/{there['number']}", {"body": body, **over})


def _ours(pages: list[dict[str, Any]], parent: str, family: str, first: str) -> Iterator[dict[str, Any]]:
    for page in pages:
        place = page["repository"]
        nodes = (place[parent] if parent else place)[family]["nodes"]
        yield from (it for it in nodes if it["viewerDidAuthor"] and str(it["body"]).splitlines()[:1] == [first])


def _fitted(first: str, report: str, foot: str) -> str:
    text = f"{first}\n{report.rstrip()}\n{foot}"
    if len(text) <= MOST:
        return text
    return f"{first}\n**It is too long for a comment**, and stands on the page of the run.\n{foot}"


def _repository(environ: Mapping[str, str]) -> str:
    name = environ.get("GITHUB_REPOSITORY", "")
    if not _REPOSITORY.fullmatch(name):
        raise ProvisionerError(f"GITHUB_REPOSITORY is {quoted(name)}.", "It is set by GitHub: OWNER/NAME.")
    return name
