"""Whoever edits a live object writes into the page of a plan, and somebody with rights opens it."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

from hypothesis import given, settings

from provisioner.model.action import Action, Origin
from provisioner.model.address import Address
from provisioner.model.pipelines import is_inert
from provisioner.model.plan import FieldChange, Plan
from provisioner.render.plan_html import plan_html
from tests.browser import needs_browser, opened
from tests.render import sample
from tests.render import strategies as our
from tests.render.page import EVIL, read
from tests.whole import tries


def test_its_policy_lets_its_own_style_and_script_run_and_nothing_else() -> None:
    page = read(sample.sample_plan())
    (policy,) = [value for value in page.values("content") if value.startswith("default-src")]
    hashes = {tag: base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for tag, text in page.raw.items()}

    assert policy == (
        f"default-src 'none'; style-src 'sha256-{hashes['style']}'; script-src 'sha256-{hashes['script']}'; "
        "base-uri 'none'; form-action 'none'"
    )
    assert "style" not in dict(page.attributes)  # an attribute would be refused
    assert all(map(is_inert, page.raw.values()))  # or their hashes would be others


@settings(max_examples=tries(40))
@given(our.plans)
def test_nothing_in_a_value_is_markup_or_loads_anything(plan: Plan) -> None:
    page = read(plan)

    assert page.tags.count("script") <= 1
    assert page.tags.count("style") == 1
    assert {"img", "link", "iframe", "object", "form", "base"}.isdisjoint(page.tags)
    assert not [name for name, _ in page.attributes if name.startswith("on") or name in ("src", "style", "srcset")]
    assert all(re.fullmatch(r"#c\d+", value) for value in page.values("href"))


def test_what_people_wrote_stays_text() -> None:
    address = Address("agents", EVIL)
    field = FieldChange(path=(EVIL,), before=EVIL, after=f"{EVIL}\n{EVIL}", origin=Origin.DRIFT)
    change = sample.change(Action.UPDATE, address, live={}, fields=(field,), remarks=(EVIL,), reason=EVIL)
    page = read(Plan(owner=EVIL, changes=(change,), refusals=sample.refusals(), unchanged=(address,)))

    assert page.text.count(EVIL) >= 6
    assert "img" not in page.tags


@needs_browser
def test_its_policy_stops_what_would_be_put_into_it(tmp_path: Path) -> None:
    page = tmp_path / "plan.html"
    planted = "<script>document.title = 'owned'</script></body>"
    page.write_text(plan_html(sample.sample_plan()).replace("</body>", planted), encoding="utf-8")

    found = opened(page.as_uri(), tmp_path / "browser")

    assert "<title>Plan for dev-buddy</title>" in found.document
    assert "Content Security Policy" in found.log
