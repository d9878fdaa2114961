"""What `doctor` finds on this machine, before anybody is asked: versions, files, variables."""

from __future__ import annotations

import os
import platform
import ssl
import stat
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from provisioner import __version__
from provisioner.cli.own import require_own_room
from provisioner.cli.session import Request
from provisioner.doctor.verdict import State, Verdict, unknown
from provisioner.manifest.env import dotenv
from provisioner.manifest.files import shown_path
from provisioner.manifest.load import Loaded
from provisioner.model.diagnostic import Diagnostic
from provisioner.model.errors import ProvisionerError
from provisioner.model.words import joined, listed, plural
from provisioner.planes.trust import BUNDLES, FOLDERS
from provisioner.preflight.cache import user_folder

_LIBRARIES: Final = (
    "azure-identity",
    "azure-core",
    "azure-mgmt-cognitiveservices",
    "msal",
    "httpx",
    "requests",
    "urllib3",
    "certifi",
)
# Source: azure-identity's documentation of environment variables.
_OF_SIGN_IN: Final = (
    "AZURE_TOKEN_CREDENTIALS",
    "AZURE_TENANT_ID",
    "AZURE_CLIENT_ID",
    "AZURE_CLIENT_SECRET",
    "AZURE_CLIENT_CERTIFICATE_PATH",
    "AZURE_USERNAME",
    "AZURE_FEDERATED_TOKEN_FILE",
    "AZURE_AUTHORITY_HOST",
    "IDENTITY_ENDPOINT",
    "MSI_ENDPOINT",
)
_NOT_OURS: Final = (*_OF_SIGN_IN, *BUNDLES, FOLDERS, "HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY")
_ABSENT: Final = frozenset({"file-missing", "no-files"})
_UNSET: Final = frozenset({"env-unset", "missing-key"})


def versions() -> Mapping[str, str]:
    """Of all that bears on how Azure is talked to."""
    own = {
        "provisioner": __version__,
        "Python": f"{platform.python_version()} ({platform.python_implementation()})",
        "platform": platform.platform(),
        "OpenSSL": ssl.OPENSSL_VERSION.removeprefix("OpenSSL "),
    }
    return {**own, **{name: _version(name) for name in _LIBRARIES}}


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "unknown"


def versions_found(found: Mapping[str, str]) -> Verdict:
    return Verdict(
        check="versions",
        state=State.OK,
        message=", ".join(f"{name} {value}" for name, value in found.items()),
        details=found,
    )


def manifest_found(loaded: Loaded, request: Request, *, is_named: bool) -> Verdict:
    """Without a word about variables. A manifest that nobody named may be missing."""
    names = listed([shown_path(file) for file in request.files])
    problems = [it for it in loaded.diagnostics if not is_unset(it)]
    errors = sum(it.is_error for it in problems)
    if not is_named and any(it.code in _ABSENT for it in problems):
        why = f"There is no {names} here, so nothing that it would say is checked."
        others = next((it.hint for it in problems if "-f" in it.hint), "")
        return unknown("manifest", why, others or "`provisioner init` starts one; name another with -f.")
    if errors:
        state, message = State.FAILED, f"{names}: {plural(errors, 'error')}."
    elif loaded.manifest is None:
        state, message = State.OK, f"{names} has no errors, but for its variables."
    else:
        count = plural(len(loaded.manifest.resources), "resource")
        state, message = State.WARNING if problems else State.OK, f"{names}: {count}, no errors."
    return Verdict(check="manifest", state=state, message=message, diagnostics=problems)


def variables_found(loaded: Loaded) -> Verdict:
    problems = [it for it in loaded.diagnostics if is_unset(it)]
    if problems:
        message = f"{plural(len(problems), 'setting')} that it needs {'is' if len(problems) == 1 else 'are'} not set."
        return Verdict(check="variables", state=State.FAILED, message=message, diagnostics=problems)
    if loaded.manifest is None:
        why = "There is no manifest that says which ones it needs." if loaded.project is None else "See `manifest`."
        return unknown("variables", why)
    return Verdict(check="variables", state=State.OK, message="All that the manifest needs are set.")


def is_unset(problem: Diagnostic) -> bool:
    """Whether it is wrong only for want of a setting, and not with what is written."""
    where = problem.where
    about_project = where is not None and where.path.startswith("project")
    return problem.code in {"env-unset", "variable-unset"} or (problem.code in _UNSET and about_project)


def dotenv_found(folder: Path, environ: Mapping[str, str]) -> Verdict:
    """Names only; no value is looked at but to see whether the environment says otherwise."""
    file = folder / ".env"
    values, problems = dotenv(folder)
    shown = shown_path(file)
    if values is None and not problems:
        return Verdict(check="dotenv", state=State.OK, message=f"There is no {shown}.")
    said = [f"{shown} is not read."] if values is None else [*_said(shown, values, environ)]
    hints: list[str] = []
    if idle := [name for name in _NOT_OURS if name in (values or {}) and not environ.get(name)]:
        said.append(f"Libraries read {listed(idle)} from the environment alone, so these do nothing here.")
        hints.append("Export them to the environment instead.")
    if (mode := _open_to_others(file)) is not None:
        said.append(f"Others on this machine may read it (mode {mode:o}).")
        hints.append(f"Keep it to yourself: chmod 600 {shown}")
    state = max(
        _state(problems), State.WARNING if hints else State.OK, key=[State.OK, State.WARNING, State.FAILED].index
    )
    return Verdict(check="dotenv", state=state, message=" ".join(said), hint=" ".join(hints), diagnostics=problems)


def _said(shown: str, values: Mapping[str, str], environ: Mapping[str, str]) -> Iterator[str]:
    yield f"{shown} sets {listed([*values])}." if values else f"{shown} sets nothing."
    if beaten := [name for name, value in values.items() if environ.get(name) not in (None, "", value)]:
        yield f"The environment says otherwise, and wins, for {listed(beaten)}."


def _state(problems: Sequence[Diagnostic]) -> State:
    if any(it.is_error for it in problems):
        return State.FAILED
    return State.WARNING if problems else State.OK


def _open_to_others(file: Path) -> int | None:
    """Its mode, where that lets others read or write it. On Windows modes do not tell."""
    try:
        mode = stat.S_IMODE(file.stat().st_mode)
    except OSError:
        return None
    return mode if os.name != "nt" and mode & 0o066 else None


def state_found(request: Request) -> Verdict:
    """Only `--local` needs it."""
    bad = State.FAILED if request.local else State.WARNING
    if request.state_file == ":memory:":
        return Verdict(check="state", state=State.OK, message="It is forgotten in the end.")
    file = Path(request.state_file)
    try:
        require_own_room(file)
    except ProvisionerError as error:
        return Verdict(check="state", state=bad, message=error.message, hint=error.hint)
    return _kept(Verdict(check="state", state=bad, message=shown_path(file.parent), hint="--state names another file."))


def cache_found(environ: Mapping[str, str], home: Path) -> Verdict:
    folder = user_folder(environ, home)
    return _kept(Verdict(check="cache", state=State.WARNING, message=str(folder), hint="--no-cache does without it."))


def _kept(doubted: Verdict) -> Verdict:
    """Whether something can be kept in the folder that is the message; that is as good as `doubted` where it cannot."""
    folder = Path(doubted.message)
    there = next((it for it in (folder, *folder.absolute().parents) if it.exists()), Path("/"))
    if there.is_dir() and os.access(there, os.W_OK | os.X_OK):
        message = f"{folder} can be written to." if there == folder else f"{folder} can be made."
        return Verdict(check=doubted.check, state=State.OK, message=message)
    why = "may not be written to" if there.is_dir() else "is no folder"
    return Verdict(
        check=doubted.check,
        state=doubted.state,
        message=f"Nothing can be kept in {folder}: {there} {why}.",
        hint=doubted.hint,
    )


def bearing_on_sign_in(environ: Mapping[str, str]) -> list[str]:
    """Names of what is set and leads azure-identity; no values."""
    return [name for name in _OF_SIGN_IN if environ.get(name)]


def authorities_found(context: ssl.SSLContext, places: Mapping[str, str]) -> Verdict:
    """`places` are what variables name, by them; without any, those of certifi are trusted."""
    by_place = {place: [name for name, it in places.items() if it == place] for place in places.values()}
    where = joined([f"{place} ({joined(names)})" for place, names in by_place.items()])
    count = context.cert_store_stats()["x509_ca"]
    told = plural(count, "CA") if count else "CAs that are looked up when they are needed"
    message = f"{told} of {where or 'certifi, as no variable names others'}."
    return Verdict(check="ca-bundle", state=State.OK, message=message)
