"""A `gh` that remembers: `gh api` as far as the action asks, and what GitHub keeps, in a file.

It answers as GitHub does: only what is asked for, a hundred at a time, and 403 where the token of the job may not.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any, Final

BOT: Final = "github-actions[bot]"
PAGE: Final = 100


def main(words: list[str], given: str, kept: Path) -> int:
    state = json.loads(kept.read_text(encoding="utf-8"))
    rights = json.loads(os.environ["GH_TOKEN"])
    state["calls"].append(words)
    try:
        assert words[0] == "api"
        answer = _graphql(words, state) if words[1] == "graphql" else _rest(words, json.loads(given), state, rights)
    except PermissionError:
        sys.stdout.write('{"message":"Resource not accessible by integration","status":"403"}')
        sys.stderr.write("gh: Resource not accessible by integration (HTTP 403)\n")
        return 1
    finally:
        kept.write_text(json.dumps(state), encoding="utf-8")
    sys.stdout.write(answer)
    return 0


def _graphql(words: list[str], state: dict[str, Any]) -> str:
    assert "--paginate" in words
    fields = dict(word.split("=", 1) for word in words if "=" in word)
    query = fields["query"]
    assert "$endCursor: String" in query
    assert "pageInfo { hasNextPage endCursor }" in query
    if "pullRequest(" in query:
        found = [it for it in state["comments"] if it["on"] == int(fields["number"])]
        family = "comments"
    else:
        found, family = [it for it in state["issues"] if it["state"] == "open"], "issues"
    asked = query.partition("nodes {")[2].partition("}")[0].split()
    pages = []
    for at in range(0, max(len(found), 1), PAGE):
        nodes = [{name: _field(each, name) for name in asked} for each in found[at : at + PAGE]]
        info = {"hasNextPage": at + PAGE < len(found), "endCursor": str(at + PAGE)}
        content: dict[str, Any] = {family: {"nodes": nodes, "pageInfo": info}}
        repository = {"pullRequest": content} if family == "comments" else content
        pages.append(json.dumps({"data": {"repository": repository}}))
    return "".join(pages)


def _field(each: dict[str, Any], name: str) -> Any:
    if name == "viewerDidAuthor":
        return each["author"] == BOT
    return each["id"] if name == "databaseId" else each[name]


def _rest(words: list[str], body: dict[str, Any], state: dict[str, Any], rights: dict[str, str]) -> str:
    method, path = words[words.index("--method") + 1], words[words.index("--method") + 2]
    assert words[-2:] == ["--input", "-"]
    parts = path.split("/")
    assert parts[0] == "repos"
    state["writes"].append([method, path])
    number = max((it["number"] for it in (*state["comments"], *state["issues"])), default=100) + 1
    is_comment = "comments" in parts
    _require(rights, *(("pull-requests", "issues") if is_comment else ("issues",)))
    family = "comments" if is_comment else "issues"
    if method == "POST":
        new = {"number": number, "id": number, "author": BOT, "state": "open", "title": "", **body}
        state[family].append({**new, "on": int(parts[4])} if is_comment else new)
        return json.dumps(new)
    assert method == "PATCH"
    there: dict[str, Any] = next(it for it in state[family] if it["number"] == int(parts[-1]))
    assert len(body.get("body", "")) <= 65_536
    there.update(body)
    return json.dumps(there)


def _require(rights: dict[str, str], *any_of: str) -> None:
    if not any(rights.get(name) == "write" for name in any_of):
        raise PermissionError


if __name__ == "__main__":
    sys.exit(main(sys.argv[2:], "" if sys.argv[3] == "graphql" else sys.stdin.read(), Path(sys.argv[1])))
