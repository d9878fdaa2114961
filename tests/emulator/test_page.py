"""The page at `/`: what it shows, that it is short, and that nothing anybody wrote can run in it."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser import needs_browser, opened

if TYPE_CHECKING:
    from pathlib import Path

    import httpx

ACCOUNT = (
    "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/rg-local"
    "/providers/Microsoft.CognitiveServices/accounts/local-foundry"
)
EVIL = "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"


class Reader(HTMLParser):
    """The text of a page and its elements; fails on a tag that is not closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.words = ""
        self._open: list[str] = []
        self.feed(text)
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value for name, value in attrs if name == "href" and value]
        if tag not in {"meta", "link"}:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] != "style":
            self.words += f" {data}"


def read(client: httpx.Client, path: str = "/") -> Reader:
    answer = client.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8"), answer.text
    return Reader(answer.text)


@pytest.fixture
def furnished(arm: Any, project: Any, documents: Any) -> None:
    arm("PUT", f"{ACCOUNT}/deployments/gpt-4.1-mini", documents.deployment())
    embedding = documents.deployment("text-embedding-3-large", "1")
    arm("PUT", f"{ACCOUNT}/deployments/text-embedding-3-large", embedding)
    project("POST", "/memory_stores", documents.store("prefs", description="What they like."))
    for scope, content in (("sam", "Prefers tea."), ("sam", "Lives in Oslo."), ("kim", EVIL)):
        item = {"content": content, "kind": "user_profile", "scope": scope}
        assert project("POST", "/memory_stores/prefs/items", item).status_code == 200
    project("POST", "/agents/buddy/versions", documents.version("Be brief."))
    project("POST", "/agents/buddy/versions", documents.version(EVIL, description=EVIL))
    project("GET", "/agents/nobody")


def test_an_empty_foundry_says_what_is_not_there(client: httpx.Client) -> None:
    words = read(client).words

    for nothing in ("No model is deployed yet.", "No memory store yet.", "No agent yet.", "No requests yet."):
        assert nothing in words
    assert "/api/projects/local" in words


@pytest.mark.usefixtures("furnished")
def test_the_first_page_shows_everything_with_scopes_and_memories(client: httpx.Client) -> None:
    words = re.sub(r"\s+", " ", read(client).words)

    assert "Projects 1" in words
    assert "Deployments 2" in words
    for expected in ("gpt-4.1-mini", "What they like.", "sam", "2 memories", "Prefers tea.", "Lives in Oslo.", "buddy"):
        assert expected in words
    assert "GET /api/projects/local/agents/nobody 404" in words


@pytest.mark.usefixtures("furnished")
def test_every_link_of_the_page_leads_somewhere(client: httpx.Client) -> None:
    for link in set(read(client).links):
        assert client.get(link).status_code == 200, link


@pytest.mark.usefixtures("furnished")
def test_an_agent_has_a_page_with_its_versions(client: httpx.Client) -> None:
    (link,) = [link for link in read(client).links if link.startswith("/?agent=")]

    words = read(client, link).words

    assert "Be brief." in words
    assert EVIL in words


def test_ten_thousand_objects_make_a_short_page_that_tells_what_it_leaves_out(client: httpx.Client, admin: Any) -> None:
    wanted = {"deployments": 12, "stores": 10_000, "agents": 250}
    admin.client.post("/_emulator/seed", json=wanted, timeout=60).raise_for_status()

    answer = client.get("/")
    last = read(client, "/?show=agents&page=3")

    assert len(answer.content) < 60_000
    assert "10 are shown here, 9,990 are not:" in Reader(answer.text).words
    assert "201 to 250 of 250" in last.words
    assert "/?show=agents&page=2" in last.links
    assert "/?show=agents&page=4" not in last.links
    assert "Nothing on this page." in read(client, "/?show=agents&page=77").words


@pytest.mark.parametrize("path", ["/?store=999999", "/?agent=999999", "/?show=planets"])
def test_what_is_not_there_is_404(client: httpx.Client, path: str) -> None:
    assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    "query", ["show=stores&page=-1", "show=stores&page=x", "show=agents&page=99999999999999999999"]
)
def test_a_wild_page_number_is_no_error(client: httpx.Client, query: str) -> None:
    read(client, f"/?{query}")


@pytest.mark.usefixtures("furnished")
def test_what_people_wrote_stays_text(client: httpx.Client) -> None:
    page = read(client)

    assert EVIL in page.words
    assert {"script", "img", "link", "form", "iframe"}.isdisjoint(page.tags)


def test_the_page_may_load_and_run_nothing(client: httpx.Client) -> None:
    headers = client.get("/").headers

    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff"


def test_strangers_do_not_see_the_page(client: httpx.Client) -> None:
    assert client.get("/", headers={"Host": "evil.example"}).status_code == 421


def test_looking_at_the_page_is_no_request_of_a_program(client: httpx.Client, admin: Any) -> None:
    read(client)

    assert admin.get("requests") == {"requests": []}


@needs_browser
@pytest.mark.usefixtures("furnished")
def test_a_browser_shows_the_page_styled_and_runs_nothing_in_it(emulator: Any, tmp_path: Path) -> None:
    page = opened(emulator.management, tmp_path)

    assert "<title>Foundry emulator</title>" in page.document
    assert "Prefers tea." in page.document
    assert "<script" not in page.document
    assert "<img" not in page.document
    assert "Content Security Policy" not in page.log  # nothing was tried, the style was let in
