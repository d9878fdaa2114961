"""Where the manifest says otherwise than the environment: which project, which account, whose resources.

A pipeline gives its project by variables, and a manifest in a pull request may name another one. That is told, and with
`pinned` refused; then also what a `.env` file says counts as the manifest's, as it lies beside it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from provisioner.manifest.draft import Draft
from provisioner.manifest.project import VARIABLES, Head, Said
from provisioner.model.azure_hosts import account_of
from provisioner.model.diagnostic import Diagnostic, Severity

CODE: Final = "environment-overridden"
NAME_VARIABLE: Final = "PROVISIONER_NAME"
_PIN_HINT: Final = "Make them agree, or leave the key out of the manifest; --project-endpoint wins over both."


def overrides(draft: Draft, head: Head) -> Iterator[Diagnostic]:
    if not draft.files:
        return
    yield from _of_name(draft, head)
    if draft.options.project_needed:
        for key, variable in VARIABLES.items():
            said = head.said(key)
            if said is not None and not head.is_given(key) and not _is_idle(key, head):
                yield from _of_setting(draft, key, variable, said)


def _is_idle(key: str, head: Head) -> bool:
    """The account is read from the endpoint's host, where that tells it."""
    endpoint = head.said("endpoint")
    return key == "account" and endpoint is not None and account_of(endpoint.value) is not None


def _of_name(draft: Draft, head: Head) -> Iterator[Diagnostic]:
    said, expected = head.name_said, draft.options.environ.get(NAME_VARIABLE, "")
    if said is None or not expected or said.value == expected:
        return
    message = (
        f"The manifest's name is not the one that {NAME_VARIABLE} expects: another owner's resources would be planned."
    )
    hint = f"Put the old name back; where a new one is meant, change {NAME_VARIABLE} with it."
    yield from said.file.error(CODE, said.path, message, hint)


def _of_setting(draft: Draft, key: str, variable: str, said: Said) -> Iterator[Diagnostic]:
    outside = draft.options.environ.get(variable, "")
    if _same(said.value, outside) or not (outside or draft.options.pinned):
        return
    where = f"`project.{key}`" if said.path else f"The `.env` file's {variable}"
    if not outside:
        message = (
            f"{where} is not held to anything: --pin-environment is given, and the environment does not set {variable}."
        )
        hint = f"Set {variable} in the pipeline."
    elif draft.options.pinned:
        message, hint = f"{where} is not what the environment says in {variable}.", _PIN_HINT
    else:
        message = f"{where} says otherwise than {variable} in the environment, and wins."
        hint = "Where the environment should decide, leave the key out, or add --pin-environment."
    severity = Severity.ERROR if draft.options.pinned else Severity.WARNING
    yield from said.file.error(CODE, said.path or ("project",), message, hint, severity=severity, at_key=not said.path)


def _same(one: str, other: str) -> bool:
    """Hosts, names and ids are of either case."""
    return one.rstrip("/").casefold() == other.rstrip("/").casefold()
