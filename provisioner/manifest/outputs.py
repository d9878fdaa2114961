"""The outputs of a deployment: what `az deployment group show --query properties.outputs` prints.

Each is `{"type": …, "value": …}` or the plain value. The declared types count for nothing, and neither do outputs that
nobody here asks for: they are not repeated either, as they may be secrets.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from provisioner.manifest.files import STDIN, Found, read_manifest, shown_path
from provisioner.manifest.limits import Budget
from provisioner.manifest.places import Source
from provisioner.manifest.project import ENDPOINT_ADVICE, endpoint_fault, storage_fault, trust_fault
from provisioner.manifest.reader import read, read_document
from provisioner.model.azure_hosts import account_of
from provisioner.model.diagnostic import Diagnostic, Location, Severity
from provisioner.model.document import Json, dotted
from provisioner.model.document import Path as DocumentPath
from provisioner.model.lock import CONTAINER, LockSettings
from provisioner.model.words import found, guess, listed, quoted

MAX_BYTES: Final = 4_000_000  # Azure Resource Manager's limit for a whole deployment
ENDPOINT: Final = "projectEndpoint"
_LOCK_URL: Final = "lockAccountUrl"
COMMAND: Final = "az deployment group show --name NAME --resource-group GROUP --query properties.outputs --output json"
_LEFT_EMPTY: Final = "Its variable is left empty in .env: fill it in."
_MORE_PROJECTS: Final = "projectEndpoints"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """An output that is one text: what it may look like, and how that is said. One that is not `needed` is left out
    where it is no good.
    """

    pattern: re.Pattern[str]
    said: str
    needed: bool = False


# Source: https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules, read 2026-08
_WANTED: Final[Mapping[str, _Wanted]] = {
    ENDPOINT: _Wanted(pattern=re.compile(r"\S+"), said="a project's endpoint", needed=True),
    "subscriptionId": _Wanted(
        pattern=re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE),
        said="a subscription's id",
        needed=True,
    ),
    "resourceGroupName": _Wanted(
        pattern=re.compile(r"[\w.()-]{0,89}[\w()-]"), said="the name of a resource group", needed=True
    ),
    "accountName": _Wanted(pattern=re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{1,63}"), said="the name of an account"),
    "location": _Wanted(pattern=re.compile(r"[A-Za-z][A-Za-z0-9 ]{1,49}"), said="a region"),
    "pipelineClientId": _Wanted(
        pattern=re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE), said="a client id"
    ),
    _LOCK_URL: _Wanted(pattern=re.compile(r"\S+"), said="a storage account's blob endpoint"),
    "lockContainer": _Wanted(pattern=re.compile(CONTAINER), said="the name of a container"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outputs:
    """What a manifest is started from. Empty where the deployment does not say it; `projects` are all endpoints."""

    endpoint: str
    subscription_id: str = ""
    resource_group: str = ""
    account: str = ""
    location: str = ""
    pipeline_client_id: str = ""
    lock: LockSettings | None = None
    projects: tuple[str, ...] = ()


def read_outputs(path: Path, *, allow_hosts: Collection[str] = ()) -> tuple[Outputs | None, list[Diagnostic]]:
    """None exactly when a diagnostic is an error. `-` is stdin; `allow_hosts` are hosts beside Azure's."""
    budget = Budget()
    text, problem = read_manifest(Found(path), budget, limit=MAX_BYTES, pipes=False)
    if text is None:
        return None, [_adapted(problem)] if problem else []
    document, problems = _document(text, path, budget)
    if document is None:
        return None, problems
    reading = _Reading(document, text, path)
    outputs = reading.outputs(allow_hosts)
    problems = sorted(reading.problems, key=lambda each: each.order)
    # what warnings say of the files that are written is not so where none is
    return (None, errors) if (errors := [each for each in problems if each.is_error]) else (outputs, problems)


def _adapted(problem: Diagnostic) -> Diagnostic:
    if problem.code == "file-too-big":
        return replace(problem, hint="Name the outputs of one deployment; none are that large.")
    if problem.code == "bad-path":
        return replace(problem, hint="Name a file, or pipe the outputs in and name -.")
    return problem


def _document(text: str, path: Path, budget: Budget) -> tuple[Json | None, list[Diagnostic]]:
    file = shown_path(path)
    if not text.strip():
        message = "There are no outputs: nothing came." if path == STDIN else "There are no outputs: it is empty."
        hint = f"Look at what this says by itself: {COMMAND}"
        return None, [Diagnostic(code="file-empty", message=message, hint=hint, where=Location(file=file))]
    document, problems = read_document(text, file=file, suffix=".json", budget=budget)
    hint = f"Outputs are written by: {COMMAND}"
    return document, [replace(each, hint=hint) if each.code in _FOREIGN else each for each in problems]


_FOREIGN: Final = frozenset({"json-syntax", "wrong-type"})


class _Reading:
    """Keeps what comes to light while the outputs are gone through."""

    def __init__(self, document: Json, text: str, path: Path) -> None:
        self.problems: list[Diagnostic] = []
        self._document = document
        self._text = text
        self._file = shown_path(path)
        self._names = {name: self._written(name) for name in (*_WANTED, _MORE_PROJECTS)}

    def outputs(self, allow_hosts: Collection[str]) -> Outputs:
        said = {name: self._value(name, wanted) for name, wanted in _WANTED.items()}
        endpoint = said[ENDPOINT].rstrip("/")
        if endpoint:
            self.problems += self._of_endpoint(endpoint, allow_hosts)
            self.problems += self._of_account(endpoint, said["accountName"])
        return Outputs(
            endpoint=endpoint,
            subscription_id=said["subscriptionId"],
            resource_group=said["resourceGroupName"],
            account=said["accountName"],
            location=said["location"],
            pipeline_client_id=said["pipelineClientId"],
            lock=self._lock(said[_LOCK_URL].rstrip("/"), said["lockContainer"], allow_hosts),
            projects=tuple(self._projects()),
        )

    def _written(self, name: str) -> str:
        """The name as it stands there: Azure Resource Manager's are of either case."""
        alike = [each for each in self._document if each.casefold() == name.casefold()]
        several = {repr(_plain(self._document[each])) for each in alike}
        if len(several) > 1:
            self._report("duplicate-key", alike[-1], f"The output {name} is there twice: {listed(alike)}.", "Keep one.")
        return name if name in self._document or not alike else alike[0]

    def _value(self, name: str, wanted: _Wanted) -> str:
        """Empty where it is not there, or no good; that is told."""
        written = self._names[name]
        value = _plain(self._document.get(written))
        if value is None or value == "":
            if wanted.needed:
                self._miss(name)
        elif isinstance(value, str) and wanted.pattern.fullmatch(value):
            return value
        else:
            code, wish = ("bad-value", wanted.said) if isinstance(value, str) else ("wrong-type", "a text")
            severity = Severity.ERROR if wanted.needed else Severity.WARNING
            self._report(code, written, f"The output {name} is {found(value)}, not {wish}.", _again(), severity)
        return ""

    def _miss(self, name: str) -> None:
        written = self._names[name]
        severity = Severity.ERROR if name == ENDPOINT else Severity.WARNING
        if written in self._document:
            empty = found(_plain(self._document[written]))
            self._report("missing-key", written, f"The output {name} is {empty}.", self._remedy(name), severity)
            return
        names = f"There are: {listed(list(self._document))}." if self._document else "There are none."
        message = f"The outputs hold no {name}, {_WANTED[name].said}. {names}"
        self._report("missing-key", "", message, self._remedy(name), severity)

    def _remedy(self, name: str) -> str:
        if name != ENDPOINT:
            return _LEFT_EMPTY
        if isinstance(self._document.get("properties"), Mapping):
            return "This looks like a whole deployment: add --query properties.outputs to the command that shows it."
        return guess(name, self._document) + "Name the deployment of bicep/main.bicep, or of what has the same outputs."

    def _of_endpoint(self, endpoint: str, allow_hosts: Collection[str]) -> Iterator[Diagnostic]:
        if wrong := endpoint_fault(endpoint):
            message, hint = f"The output {ENDPOINT} {wrong}.", ENDPOINT_ADVICE
            yield self._told("bad-endpoint", self._names[ENDPOINT], message, hint)
        elif untrusted := trust_fault(endpoint, allow_hosts):
            message, hint = untrusted
            yield self._told("untrusted-host", self._names[ENDPOINT], f"The output {ENDPOINT} {message}.", hint)

    def _lock(self, url: str, container: str, allow_hosts: Collection[str]) -> LockSettings | None:
        """An error where it is no good: a folder without the lock that was meant would not be missed."""
        if not url or not container:
            if url or container:
                message = "Of lockAccountUrl and lockContainer only one is said, so no lock is declared."
                self._report("missing-key", "", message, _again(), Severity.WARNING)
            return None
        if fault := storage_fault(url, allow_hosts):
            code, wrong, hint = fault
            self._report(code, self._names[_LOCK_URL], f"The output {_LOCK_URL} {wrong}.", hint)
        return LockSettings(account_url=url, container=container)

    def _of_account(self, endpoint: str, account: str) -> Iterator[Diagnostic]:
        of_host = account_of(endpoint)
        if of_host and account and of_host != account.lower():
            message = f"The output accountName is {quoted(account)}, but the endpoint is of the account "
            message += f"{quoted(of_host)}, which is used."
            hint = "Deployments need an account whose custom subdomain is its own name."
            yield self._told("conflict", self._names["accountName"], message, hint, Severity.WARNING)

    def _projects(self) -> Iterator[str]:
        """Only for a remark, so that what is odd in it is left out."""
        several = _plain(self._document.get(self._names[_MORE_PROJECTS]))
        for each in several if isinstance(several, list) else ():
            if isinstance(each, str) and not endpoint_fault(each):
                yield each

    def _report(self, code: str, name: str, message: str, hint: str, severity: Severity = Severity.ERROR) -> None:
        self.problems.append(self._told(code, name, message, hint, severity))

    def _told(self, code: str, name: str, message: str, hint: str, severity: Severity = Severity.ERROR) -> Diagnostic:
        wrapped = isinstance(self._document.get(name), dict)
        where = self._place((name, "value") if wrapped else (name,) if name else ())
        return Diagnostic(code=code, message=message, hint=hint, severity=severity, where=where)

    def _place(self, path: DocumentPath) -> Location:
        source = self._source
        return source.value_at(path) if source is not None else Location(file=self._file, path=dotted(path))

    @cached_property
    def _source(self) -> Source | None:
        """JSON is YAML, nearly: where the reader that knows places cannot follow, the file is named alone."""
        return read(self._text, file=self._file, is_foreign=True)[0]


def _plain(value: Any) -> Any:
    return value.get("value") if isinstance(value, dict) else value


def _again() -> str:
    return f"Are these the outputs of the right deployment? They are written by: {COMMAND}"
