"""The head of the manifest: its name and where its project is, and where the environment says otherwise."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from ipaddress import ip_address
from typing import Any, Final, NamedTuple
from urllib.parse import SplitResult, urlsplit

from provisioner.kinds import KINDS
from provisioner.manifest.draft import Draft, ManifestFile
from provisioner.manifest.misfits import fits_name, name_fault
from provisioner.manifest.policies import policy_of, private_rules
from provisioner.manifest.schema import (
    EXTENSION,
    OWNER_NAME,
    head_shape,
    lock_shape,
    policy_shape,
    preflight_shape,
    project_shape,
)
from provisioner.model.azure_hosts import account_of
from provisioner.model.diagnostic import Diagnostic, Severity
from provisioner.model.document import Path
from provisioner.model.lock import LockSettings
from provisioner.model.policy import Policy
from provisioner.model.words import found, listed, quoted, shown
from provisioner.planes.clouds import (
    THIS_MACHINE,
    authority_of,
    cloud_of,
    is_among,
    is_loopback,
    is_trusted,
    is_trusted_storage,
    loopback_advice,
)
from provisioner.preflight.settings import Settings, days

VARIABLES: Final = {
    "endpoint": "FOUNDRY_PROJECT_ENDPOINT",
    "account": "FOUNDRY_ACCOUNT",
    "subscription_id": "AZURE_SUBSCRIPTION_ID",
    "resource_group": "AZURE_RESOURCE_GROUP",
    "management_endpoint": "PROVISIONER_MANAGEMENT_ENDPOINT",
}
_PROJECT_PATH: Final = re.compile(r"/api/projects/[^/\s]+")
ENDPOINT_ADVICE: Final = "Write it as https://<account>.services.ai.azure.com/api/projects/<project>."
OWNER_ADVICE: Final = "Use letters, digits, `.`, `_` and `-`, at most 63 characters, a letter or digit at both ends."
_OWNER_RULE: Final = {"pattern": OWNER_NAME, "maxLength": 63}
_URLS: Final = ("endpoint", "management_endpoint")
_BLOB: Final = ("lock", "azure_blob")
_SHOWN: Final = frozenset({"name", "project", "lock"})
OVERRIDDEN: Final = "environment-overridden"
OTHER_HOST: Final = "policy-allowed-hosts"
NAME_VARIABLE: Final = "PROVISIONER_NAME"
_PIN_HINT: Final = "Make them agree, or leave the key out of the manifest; --project-endpoint wins over both."


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectSettings:
    """What the manifest or the environment says of the project; None where neither does. `only_hosts` are those that
    its policy lets tokens be sent to.
    """

    endpoint: str | None = None
    account: str | None = None
    subscription_id: str | None = None
    resource_group: str | None = None
    management_endpoint: str | None = None
    only_hosts: frozenset[str] | None = None


class Said(NamedTuple):
    """A value of the head: what, and in which file at which path; `path` is empty when a variable says it."""

    value: str
    file: ManifestFile
    path: Path = ()

    @property
    def shown(self) -> str:
        """For messages: what is written, where variables make it."""
        return self.file.shows(self.value, self.path)

    @property
    def is_hidden(self) -> bool:
        """Whether a variable says it, or a part of it, so that no message may."""
        return not self.path or self.path in self.file.written


def head_misfits(file: ManifestFile) -> Iterator[Diagnostic]:
    if not isinstance(file.source.root, dict):
        message = f"A manifest is a mapping; this file holds {found(file.source.root)}."
        yield from file.error("wrong-type", (), message, "Begin with `version: 1`, and write `key: value` lines.")
        return
    head = {key: value for key, value in file.root.items() if not key.startswith(EXTENSION)}
    parts = (
        ((), head_shape(), head),
        (("project",), project_shape(), head.get("project") or {}),
        (("preflight",), preflight_shape(), head.get("preflight") or {}),
        (("policy",), policy_shape(), head.get("policy") or {}),
        *([(("lock",), lock_shape(), head["lock"] or {})] if "lock" in head else []),
    )
    for path, shape, value in parts:
        for finding, at_key, _ in shape.misfits(value):
            message = finding.message[0].upper() + finding.message[1:]
            yield from file.told(replace(finding, message=message), path, at_key=at_key)
    yield from private_rules(file)
    yield from _secret_settings(file)


def _secret_settings(file: ManifestFile) -> Iterator[Diagnostic]:
    """A pipeline that allows a key for a connection allows it for the whole manifest, and plans show the head."""
    for path, text in file.written.items():
        if path[0] in _SHOWN and file.variables.names_secret(text):
            message = (
                f"Every plan shows `{'.'.join(path)}`, so {shown(text)} cannot stand in it: by its name the "
                "variable holds a secret."
            )
            hint = "Write the value itself, or use a variable of another name."
            yield from file.error("bad-value", path, message, hint)


def head_conflicts(draft: Draft) -> Iterator[Diagnostic]:
    said: dict[Path, Said] = {}
    for file in draft.files:
        for path, value in _head_values(file):
            first = said.setdefault(path, Said(value=value, file=file, path=path))
            if first.value != value:
                where = first.file.source.value_at(path)
                message = (
                    f"`{'.'.join(path)}` is {file.shows(value, path)} here and {first.shown} in "
                    f"{where.file}:{where.line}:{where.column}."
                )
                yield from file.error("conflict", path, message, "All files together are one manifest: say it once.")


def _head_values(file: ManifestFile) -> Iterator[tuple[Path, str]]:
    values: dict[Path, object] = {("name",): file.root.get("name")}
    for part in ("project", "preflight"):
        if isinstance(said := file.root.get(part), dict):
            values.update({(part, key): value for key, value in said.items()})
    if isinstance(lock := file.root.get("lock"), dict) and isinstance(blob := lock.get(_BLOB[1]), dict):
        values.update({(*_BLOB, key): value for key, value in blob.items()})
    for path, value in values.items():
        if isinstance(value, str) and file.is_known(path):
            yield path, value


class Head:
    """The head of all files together, with the environment under it."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self._said: dict[Path, Said] = {}
        for file in draft.files:
            for path, value in _head_values(file):
                self._said.setdefault(path, Said(value=value, file=file, path=path))

    @property
    def name(self) -> str:
        return self.name_said.value if self.name_said else ""

    @property
    def name_said(self) -> Said | None:
        return self._said.get(("name",))

    @property
    def settings(self) -> ProjectSettings:
        values = {key: said.value for key in VARIABLES if (said := self.said(key))}
        for key in values.keys() & _URLS:
            values[key] = values[key].rstrip("/")
        if "endpoint" in values and (account := account_of(values["endpoint"])):
            values["account"] = account
        return ProjectSettings(**values, only_hosts=self.policy.allowed_hosts)

    @property
    def policy(self) -> Policy:
        """What all the files say, and the command."""
        return policy_of(self._draft.files).narrowed(self._draft.options.policy)

    @property
    def preflight(self) -> Settings:
        """What any of the files leaves out is left out."""
        said = [it for file in self._draft.files if isinstance(it := file.root.get("preflight"), dict)]
        within = self._said.get(("preflight", "fail_if_retiring_within"))
        return Settings(
            skip=frozenset(check for it in said for check in it.get("skip") or ()),
            fail_within=days(within.value) if within is not None else None,
        )

    @property
    def lock(self) -> LockSettings | None:
        said = [self._said.get((*_BLOB, key)) for key in ("account_url", "container")]
        if any(it is None for it in said):
            return None
        url, container = (it.value for it in said if it is not None)
        return LockSettings(account_url=url.rstrip("/"), container=container)

    def problems(self) -> Iterator[Diagnostic]:
        if not self._draft.files:
            return
        yield from self._name_problems()
        if self._draft.options.project_needed:
            if (said := self._said.get((*_BLOB, "account_url"))) is not None:
                yield from _bad_storage(said, self._draft.options.allow_hosts)
            yield from self._missing()
            yield from self._contradiction()
            for key in _URLS:
                if (said := self.said(key)) and not self.is_given(key):
                    yield from _bad_url(said, key, self._draft.options.allow_hosts)
            yield from self._beyond_policy()

    def _beyond_policy(self) -> Iterator[Diagnostic]:
        """Whoever says it: what the command or the environment names is held to it, too."""
        policy, endpoint = self.policy, self.said("endpoint")
        if (said := self._said.get((*_BLOB, "account_url"))) is not None:
            yield from _other_host(policy, said.value, "account_url", said)
        if policy.allowed_hosts is None or endpoint is None:
            return
        yield from _other_host(policy, endpoint.value, "endpoint", endpoint, is_given=self.is_given("endpoint"))
        if (said := self.said("management_endpoint")) is not None:
            yield from _other_host(policy, said.value, "management_endpoint", said)
        elif self.said("subscription_id"):  # then the cloud's own is asked
            yield from _other_host(policy, cloud_of(endpoint.value).management, "management_endpoint")

    def _contradiction(self) -> Iterator[Diagnostic]:
        said, endpoint = self._said.get(("project", "account")), self.said("endpoint")
        account = account_of(endpoint.value) if endpoint else None
        if said and said.value and account and said.value.lower() != account:
            is_told = endpoint is not None and (self.is_given("endpoint") or not endpoint.is_hidden)
            other = f"the account {quoted(account)}" if is_told else "another account"
            message = f"`project.account` is {said.shown}, but the endpoint is of {other}."
            remedy = "" if self.is_given("endpoint") else "; remove `account:`"
            hint = f"The endpoint's is used{remedy}."
            yield from said.file.error("conflict", said.path, message, hint, severity=Severity.WARNING)

    def is_given(self, key: str) -> bool:
        """Whether the command says it, whatever the manifest says."""
        return key == "endpoint" and self._draft.options.endpoint is not None

    def said(self, key: str) -> Said | None:
        """The setting of the project that is used, and where it stands: the command's, the manifest's, a variable's."""
        if self._draft.options.endpoint is not None and self.is_given(key):
            return Said(value=self._draft.options.endpoint, file=self._draft.files[0]) if self._draft.files else None
        said = self._said.get(("project", key))
        if said is not None and said.value:
            return said
        value = self._draft.variables.get(VARIABLES[key])
        return Said(value=value, file=self._draft.files[0]) if value and self._draft.files else None

    def _name_problems(self) -> Iterator[Diagnostic]:
        said = self._said.get(("name",))
        if said is None and self._draft.complete and not self._is_there(("name",)):
            hint = "Add `name:`, an id for everything this manifest manages, for example `name: dev-buddy`."
            yield from self._draft.files[0].error("missing-key", (), "The manifest has no `name`.", hint)
        elif said is not None and (wrong := owner_fault(said.value)):
            message = f"The manifest's name {said.shown} {'is none' if said.is_hidden else wrong}."
            yield from said.file.error("bad-name", ("name",), message, OWNER_ADVICE)

    def _is_there(self, path: Path) -> bool:
        """Whether a file says it, whatever is wrong with what it says."""
        for file in self._draft.files:
            here: Any = file.source.root
            for step in path:
                here = here.get(step, None) if isinstance(here, dict) and step in here else _NOTHING
            if here is not _NOTHING and here != "":
                return True
        return False

    def _missing(self) -> Iterator[Diagnostic]:
        if self._lacks("endpoint"):
            yield from self._lacking("endpoint", "The manifest does not say which project it is for.")
        declared = dict.fromkeys(entry.address.kind for entry in self._draft.entries if not entry.external)
        for key in dict.fromkeys(key for section in declared for key in KINDS[section].settings):
            if self._lacks(key):
                titles = listed([section.replace("_", " ") for section in declared if key in KINDS[section].settings])
                message = f"{titles[0].upper()}{titles[1:]} are declared, and `project.{key}` is missing."
                yield from self._lacking(key, message)
        endpoint = self.said("endpoint")
        if self.said("subscription_id") and self._lacks("account") and endpoint and account_of(endpoint.value) is None:
            message = "The account cannot be read from the endpoint's host, and `project.account` is missing."
            yield from self._lacking("account", message)

    def _lacks(self, key: str) -> bool:
        return self._draft.complete and self.said(key) is None and not self._is_there(("project", key))

    def _lacking(self, key: str, message: str) -> Iterator[Diagnostic]:
        hint = f"Add `{key}:` to `project:`, or set {VARIABLES[key]}."
        file = next((file for file in self._draft.files if "project" in file.root), self._draft.files[0])
        severity = self._draft.variables.unset  # the variable may still come
        yield from file.error("missing-key", ("project",), message, hint, at_key=True, severity=severity)


_NOTHING: Final = object()


def owner_fault(name: str) -> str:
    """What keeps it from being a manifest's name, as the end of a sentence; empty when nothing does."""
    return "" if fits_name(name, _OWNER_RULE) else name_fault(name, _OWNER_RULE)


def endpoint_fault(url: str) -> str:
    """What keeps it from being a project's endpoint, as the end of a sentence; empty when nothing does."""
    return _url_fault(url, is_project=True)


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        usable = bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number, or brackets that hold no address
        return None
    return parts if usable else None


def _bad_url(said: Said, key: str, allowed_hosts: Collection[str]) -> Iterable[Diagnostic]:
    code, wrong = "bad-endpoint", _url_fault(said.value, is_project=key == "endpoint")
    hint = ENDPOINT_ADVICE if key == "endpoint" else "Write it as https://management.azure.com."
    if not wrong and (untrusted := trust_fault(said.value, allowed_hosts, is_hidden=said.is_hidden)):
        code, (wrong, hint) = "untrusted-host", untrusted
    if not wrong:
        return ()
    subject = f"`project.{key}`" if said.path else f"{VARIABLES[key]} (for `project.{key}`)"
    path = said.path or ("project",)
    return said.file.error(code, path, f"{subject} {wrong}.", hint, at_key=not said.path)


def _other_host(
    policy: Policy, url: str, key: str, said: Said | None = None, *, is_given: bool = False
) -> Iterator[Diagnostic]:
    """`said` is None for the cloud's own."""
    if policy.allowed_hosts is None or is_among(url, policy.allowed_hosts):
        return
    is_hidden = said is not None and said.is_hidden and not is_given
    said_at = f"`{'.'.join(said.path)}`" if said and said.path else ""
    where = "--project-endpoint" if is_given else said_at or VARIABLES[key]
    subject = f"{where} names" if said is not None else "Azure Resource Manager is at"
    host = "a host" if is_hidden else f"the host {quoted(authority_of(url))}"
    yield Diagnostic(
        code=OTHER_HOST,
        message=f"{subject} {host}, which is none of those that the policy allows; no token is sent there.",
        hint="Correct it, or add the host to `allowed_hosts` of the policy.",
        where=policy.where("allowed_hosts"),
    )


def storage_fault(url: str, allowed_hosts: Collection[str], *, is_hidden: bool = False) -> tuple[str, str, str] | None:
    """What keeps it from being where locks are: a code, the end of a sentence, and what to do."""
    hint = "Write it as https://<account>.blob.core.windows.net."
    if wrong := _url_fault(url, is_project=False):
        return "bad-endpoint", wrong, hint
    if not url.lower().startswith("https:"):
        return "bad-endpoint", "is http; Azure's SDK for storage sends no token there", hint
    if is_trusted_storage(url, allowed_hosts):
        is_azures = is_trusted_storage(url)
        has_path = urlsplit(url).path.strip("/") != ""
        return ("bad-endpoint", "names more than the storage account", hint) if is_azures and has_path else None
    host = "a host" if is_hidden else f"the host {quoted(authority_of(url))}"
    which = THIS_MACHINE if is_loopback(url) else "which is not Azure's for blobs"
    allow = "name it with --allow-host" if is_hidden else f"add --allow-host {shown(authority_of(url))}"
    hint = f"{hint.rstrip('.')}; if it is right and you trust that host, {allow}."
    return "untrusted-host", f"names {host}, {which}; no token is sent there", hint


def _bad_storage(said: Said, allowed_hosts: Collection[str]) -> Iterable[Diagnostic]:
    if (fault := storage_fault(said.value, allowed_hosts, is_hidden=said.is_hidden)) is None:
        return ()
    code, wrong, hint = fault
    return said.file.error(code, said.path, f"`{'.'.join(said.path)}` {wrong}.", hint)


def trust_fault(url: str, allowed_hosts: Collection[str], *, is_hidden: bool = False) -> tuple[str, str] | None:
    """Why no token may be sent to the URL, as the end of a sentence, and what to do; None where one may. What
    `is_hidden` is told in no word of it.
    """
    if is_trusted(url, allowed_hosts):
        return None
    host = (_split(url) or urlsplit("")).hostname
    which = THIS_MACHINE if is_loopback(url) else "which is not Azure's"
    named = "a host" if is_hidden else f"the host {quoted(host)}"
    option = "name it with --allow-host" if is_hidden else f"add --allow-host {shown(str(host))}"
    hint = f"Correct it; if it is right and you trust that host, {option}."
    if is_loopback(url):
        hint = f"{loopback_advice('' if is_hidden else url)}."
    return f"names {named}, {which}; no token is sent there", hint


def _url_fault(url: str, *, is_project: bool) -> str:
    parts = _split(url)
    if parts is None or parts.scheme not in {"https", "http"} or re.search(r"[\s\\]", url):
        return "is not an https URL"
    host = parts.hostname or ""
    if parts.scheme == "http" and not _is_loopback(host):
        return "is http, which would send the token in the clear; only a loopback address may be"
    if parts.username is not None or parts.password is not None:
        return "holds a user name or password"
    if parts.query or parts.fragment or url.endswith(("?", "#")):
        return "has a query or fragment"
    if is_project and account_of(url) is not None and not _PROJECT_PATH.fullmatch(parts.path.rstrip("/")):
        return "names an account, but not a project of it"
    return ""


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def overrides(draft: Draft, head: Head) -> Iterator[Diagnostic]:
    """Where the manifest says otherwise than the environment: which project, which account, whose resources.

    A pipeline gives its project by variables, and a manifest in a pull request may name another one. That is told, and
    with `pinned` refused; then also what a `.env` file says counts as the manifest's, as it lies beside it.
    """
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
    yield from said.file.error(OVERRIDDEN, said.path, message, hint)


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
    yield from said.file.error(
        OVERRIDDEN, said.path or ("project",), message, hint, severity=severity, at_key=not said.path
    )


def _same(one: str, other: str) -> bool:
    """Hosts, names and ids are of either case."""
    return one.rstrip("/").casefold() == other.rstrip("/").casefold()
