"""The page of a plan as a browser shows it: its policy lets it work, its filters filter, and it fits a phone."""

from __future__ import annotations

import json
import re
import subprocess
from html import escape
from pathlib import Path

import pytest

from provisioner.model.action import Action
from provisioner.model.address import Address
from provisioner.model.plan import Plan
from provisioner.render.plan_html import plan_html
from tests.browser import CHROMIUM, Opened, needs_browser, opened
from tests.render import sample
from tests.render.page import EVIL

pytestmark = needs_browser

_POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy"[^>]*>')
_SCRIPT = re.compile(r"(?s)<script>.*?</script>")


def shown(text: str, folder: Path, fragment: str = "", *flags: str) -> Opened:
    page = folder / "plan.html"
    page.write_text(text, encoding="utf-8")
    return opened(f"{page.as_uri()}{fragment}", folder / "browser", *flags)


def asked(text: str, question: str, folder: Path, *flags: str) -> str:
    """What a script of ours finds, in the page without its policy."""
    probe = f"<script>document.title = String({question})</script></body>"
    page = shown(_POLICY.sub("", text).replace("</body>", probe), folder, "", *flags)
    found = re.search(r"<title>(.*?)</title>", page.document)  # boxes of the graph have titles, too
    assert found
    return found.group(1)


def test_its_style_and_script_run_and_nothing_else_does(tmp_path: Path) -> None:
    change = sample.change(Action.CREATE, Address("agents", EVIL), after={"instructions": EVIL, "description": EVIL})
    page = shown(plan_html(Plan(owner="o", changes=(*sample.sample_plan().changes, change))), tmp_path)

    assert "<title>Plan for o</title>" in page.document
    assert '<div class="tools">' in page.document  # the script has shown it
    assert "<img" not in page.document
    assert "Content Security Policy" not in page.log  # nothing was tried, the style was let in


def test_a_link_opens_the_change_it_leads_to(tmp_path: Path) -> None:
    page = shown(plan_html(sample.sample_plan()), tmp_path, "#c3")

    assert re.findall(r'<details class="change"[^>]*data-name="([^"]+)"[^>]* open', page.document) == [
        "agents/dev-buddy"
    ]


@pytest.mark.parametrize("scripts", [True, False], ids=["with-scripts", "without-scripts"])
def test_filters_need_no_script(scripts: bool, tmp_path: Path) -> None:
    text = plan_html(sample.sample_plan())
    left = {"": 8, "a-create": 6, "k-0": 4, "o-none": 5, "o-edit": 4, "o-edit o-drift": 3}  # what also drifted stays
    question = """(() => {
      const visible = () => [...document.querySelectorAll('.change')].filter((it) => it.checkVisibility()).length;
      return Object.keys(%s).map((names) => {
        const boxes = names.split(' ').filter(Boolean).map((name) => document.getElementById(name));
        for (const box of boxes) box.checked = false;
        const found = visible();
        for (const box of boxes) box.checked = true;
        return found;
      });
    })()"""

    found = asked(text if scripts else _SCRIPT.sub("", text), question % json.dumps(left), tmp_path)

    assert found == ",".join(map(str, left.values()))


def test_a_name_is_searched_in_what_is_folded_too(tmp_path: Path) -> None:
    changes = tuple(sample.change(Action.CREATE, Address("agents", f"a{at:03}"), after={"m": 1}) for at in range(60))
    typed = "search.value = 'A04'; search.dispatchEvent(new Event('input'))"
    question = f"(() => {{ const search = document.getElementById('search'); {typed}; return shown.textContent }})()"

    assert asked(plan_html(Plan(owner="o", changes=changes)), question, tmp_path) == "10 of 60 shown"


@pytest.mark.parametrize("width", [380, 700, 1280])
def test_it_is_never_wider_than_the_screen(width: int, tmp_path: Path) -> None:
    text = plan_html(sample.sample_plan()).replace('<details class="change"', '<details open class="change"')
    inside = escape(_POLICY.sub("", text))
    # a window is never narrower than 500 pixels, a frame may be
    frame = f'<!doctype html><title></title><iframe id="it" width="{width}" height="800" srcdoc="{inside}"></iframe>'
    measured = "addEventListener('load', () => { const root = it.contentDocument.documentElement;"
    measured += " document.title = root.clientWidth - root.scrollWidth + ' ' + it.contentWindow.innerWidth })"
    page = shown(f"{frame}<script>{measured}</script>", tmp_path)

    assert f"<title>0 {width}</title>" in page.document


def test_everything_can_be_reached_with_the_keyboard(tmp_path: Path) -> None:
    reached = (
        "[...document.querySelectorAll('summary, input, button, svg a, .scroll')].every((it) => it.tabIndex === 0)"
    )

    assert asked(plan_html(sample.sample_plan()), reached, tmp_path) == "true"


def test_a_box_that_is_looked_at_shows_its_neighbours(tmp_path: Path) -> None:
    found = """(() => {
      const box = [...document.querySelectorAll('.box')].find((it) => it.textContent.includes('old-memory'));
      box.dispatchEvent(new FocusEvent('focusin', {bubbles: true}));
      const near = [...document.querySelectorAll('.box.near .label')].map((it) => it.textContent);
      return [...near.sort(), document.querySelectorAll('.arrows .near').length];
    })()"""

    assert asked(plan_html(sample.sample_plan()), found, tmp_path) == "dev-buddy,old-memory,1"


def test_a_print_opens_what_is_folded_and_leaves_the_filters_out(tmp_path: Path) -> None:
    page = tmp_path / "plan.html"
    page.write_text(plan_html(sample.sample_plan()), encoding="utf-8")
    target = tmp_path / "plan.pdf"
    command = [str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--no-proxy-server"]
    command += [f"--user-data-dir={tmp_path / 'browser'}", f"--print-to-pdf={target}", page.as_uri()]
    subprocess.run(command, capture_output=True, timeout=60, check=True)

    pages = len(re.findall(rb"/Type */Page\b", target.read_bytes()))
    assert pages >= 4  # folded, it would be two
