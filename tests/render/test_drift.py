"""What moved, for pull requests and issues."""

from __future__ import annotations

from provisioner.model.address import Address
from provisioner.reconcile.drift import Drift
from provisioner.render.drift import drift_markdown


def test_a_long_list_of_what_is_not_there_is_cut_between_its_lines_and_says_so() -> None:
    absent = tuple(Address("agents", f"agent-{nr:05}") for nr in range(5_000))

    text = drift_markdown(Drift(owner="x", absent=absent), limit=3_000)

    shown = text.count("<code>agents/agent-")
    assert len(text) <= 3_000
    assert shown > 10
    assert text.endswith(f"</code>\n- … and {5_000 - shown} more.\n")
