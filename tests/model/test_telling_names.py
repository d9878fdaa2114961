from __future__ import annotations

import pytest

from provisioner.model.forms import secret_spans
from provisioner.model.secrets import TELLING, is_secret

NAMES = ["apiKey", "client_secret", "DB_PASS", "X-Api-Key", "connection-string", "AccessSignature", "sentryDsn", "pwd"]


@pytest.mark.parametrize("name", NAMES)
def test_every_secret_name_has_a_telling_word(name: str) -> None:
    assert is_secret(name)
    assert any(word in name.lower() for word in TELLING)


@pytest.mark.parametrize("name", NAMES)
def test_a_setting_is_found_among_very_many_that_are_none(name: str) -> None:
    text = f"{'a=b;' * 40_000} c=d;{name}=hunter2;e=f {'a=b ' * 40_000}"

    assert [text[start:end] for start, end in secret_spans(text)] == ["hunter2"]
