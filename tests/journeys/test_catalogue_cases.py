"""Deployment lists as real projects have them, on the local Foundry."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.foundry import EXAMPLE, Command

CASES = Path(__file__).parents[1] / "cases"


def local(provisioner: Command, command: str, case: str, *flags: str) -> tuple[int, str]:
    Path(case).write_text((CASES / case).read_text(encoding="utf-8"), encoding="utf-8")  # its state is kept beside it
    yes = ("--yes",) if command == "apply" else ()
    result = provisioner(command, "--local", *yes, "-f", case, *flags)
    return result.code, result.out + result.err


def test_models_of_this_year_are_deployed(provisioner: Command) -> None:
    code, said = local(provisioner, "apply", "01-azd-deployments.yaml")

    assert (code, "2 created" in said) == (0, True), said
    assert local(provisioner, "plan", "01-azd-deployments.yaml", "--detailed-exitcode")[0] == 0


def test_speech_images_and_small_models_are_deployed_with_what_a_user_adds(provisioner: Command) -> None:
    added = ("--catalogue", str(CASES / "02-voice-list.models.json"))

    code, said = local(provisioner, "apply", "02-voice-list.yaml", *added)

    assert (code, "7 created" in said) == (0, True), said
    assert local(provisioner, "plan", "02-voice-list.yaml", "--detailed-exitcode", *added)[0] == 0


def test_what_is_retired_or_unknown_is_refused_in_the_plan_with_how_to_add_it(provisioner: Command) -> None:
    code, said = local(provisioner, "apply", "02-voice-list.yaml")

    assert (code, "nothing will be applied" in said, "created" in said.partition("Refused")[2]) == (1, True, False), (
        said
    )
    for words in ("gpt-realtime-2.1", "gpt-4o-transcribe", "gpt-4o-mini-tts", "dall-e-3"):
        assert words in said.partition("Refused")[2]
    assert "--catalogue FILE" in said


def test_unchecked_what_is_retired_or_unknown_is_refused_by_name_and_the_rest_is_made(provisioner: Command) -> None:
    unchecked = ("--skip-check", "catalogue", "--skip-check", "lifecycle")
    code, said = local(provisioner, "apply", "02-voice-list.yaml", *unchecked)

    assert (code, "3 created" in said, "4 failed" in said) == (1, True, True), said
    for words in ("Name:gpt-realtime-2.1,Version:2026-05-06", "gpt-4o-transcribe", "gpt-4o-mini-tts", "dall-e-3"):
        assert words in " ".join(said.split())


def test_models_are_added_to_the_embedded_foundry_alone(provisioner: Command) -> None:
    failed = provisioner("plan", "--catalogue", "models.json")

    assert failed.code == 1
    assert "add --local" in failed.err


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param("[{]", "models.json:1:3: This is not valid JSON", id="syntax"),
        pytest.param('[{"name": "gpt-9"}]', "models.json: [0].version: A model has a version.", id="place"),
    ],
)
def test_a_bad_file_of_models_is_told_with_its_place(provisioner: Command, project: Path, text: str, told: str) -> None:
    (project / "models.json").write_text(text, encoding="utf-8")

    (project / "stores.yaml").write_text(EXAMPLE, encoding="utf-8")
    for command in (("plan", "--local"), ("emulator",)):
        failed = provisioner(*command, "--catalogue", "models.json")

        assert failed.code == 1
        assert told in " ".join(failed.err.split())


def test_a_file_of_models_that_is_not_there_is_named(provisioner: Command) -> None:
    failed = provisioner("emulator", "--catalogue", "none.json")

    assert failed.code == 1
    assert "The catalogue 'none.json' cannot be read: No such file or directory." in " ".join(failed.err.split())
