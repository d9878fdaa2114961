"""A lock that runs on one project take, one owner at a time: where it is kept, what it is called, who holds it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Final
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from provisioner.model.azure_hosts import account_of
from provisioner.model.document import digest

CONTAINER: Final = "^[a-z0-9](?:[a-z0-9]|-(?=[a-z0-9])){2,62}$"
_LONGEST: Final = 300
_READABLE: Final = 60
_UNFIT: Final = re.compile(r"[^a-z0-9-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class LockSettings:
    """A container of Azure Blob Storage; `account_url` is that of the storage account, or of what stands in for it."""

    account_url: str
    container: str

    @property
    def account(self) -> str:
        """The storage account's name."""
        parts = urlsplit(self.account_url)
        return parts.path.strip("/") or (parts.hostname or "").partition(".")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who holds a lock, as they say themselves: for people, nothing is decided by it. `since` is their clock's UTC.
    What is not known is empty.
    """

    command: str = ""
    who: str = ""
    host: str = ""
    run: str = ""
    since: str = ""

    @property
    def is_known(self) -> bool:
        return any(asdict(self).values())

    def document(self) -> dict[str, str]:
        return asdict(self)

    @classmethod
    def read(cls, document: object) -> Holder:
        """Anything may stand there, as whoever may take the lock may write it."""
        said = document if isinstance(document, Mapping) else {}
        found = {name: said.get(name) for name in cls.__slots__}
        return cls(**{name: value[:_LONGEST] for name, value in found.items() if isinstance(value, str)})


def blob_name(owner: str, endpoint: str) -> str:
    """For people to find, and never that of another owner or project: what they read may be shortened, the digest is of
    both in full. However an endpoint is written, upper or lower case too, it is the same project.
    """
    parts = urlsplit(endpoint.strip())
    host = (parts.netloc.rpartition("@")[2]).casefold().removesuffix(":443")
    path = unquote(parts.path).strip("/").casefold()
    names = (_readable(account_of(endpoint) or host), _readable(path.rpartition("/")[2]))
    return "/".join([*filter(None, names), f"{owner}-{digest([host, path, owner])[:16]}"])


def _readable(text: str) -> str:
    return _UNFIT.sub("-", text)[:_READABLE].strip("-")


def holder_of(command: str, environ: Mapping[str, str], *, user: str, host: str, since: str) -> Holder:
    """Of this run: a pipeline says who asked for it, and where it can be looked at."""
    who, run = next((found for found in _pipelines(environ) if found is not None), ("", ""))
    return Holder(command=command, who=_short(who or user), host=_short(host), run=_short(_plain(run)), since=since)


def _pipelines(environ: Mapping[str, str]) -> list[tuple[str, str] | None]:
    """Each marks its runs by a variable that is set nowhere else. Sources: docs.github.com, "Variables reference";
    learn.microsoft.com, "Use predefined variables"; docs.gitlab.com, "Predefined CI/CD variables reference".
    """

    def said(name: str) -> str:
        return environ.get(name, "")

    github = azure = gitlab = None
    if said("GITHUB_ACTIONS") == "true":
        run = f"{said('GITHUB_SERVER_URL')}/{said('GITHUB_REPOSITORY')}/actions/runs/{said('GITHUB_RUN_ID')}"
        attempt = said("GITHUB_RUN_ATTEMPT")
        github = (
            said("GITHUB_TRIGGERING_ACTOR") or said("GITHUB_ACTOR"),
            f"{run}/attempts/{attempt}" if attempt else run,
        )
    if said("TF_BUILD"):
        project = f"{said('SYSTEM_COLLECTIONURI').rstrip('/')}/{quote(said('SYSTEM_TEAMPROJECT'))}"
        azure = said("BUILD_REQUESTEDFOR"), f"{project}/_build/results?buildId={quote(said('BUILD_BUILDID'))}"
    if said("GITLAB_CI"):
        gitlab = said("GITLAB_USER_LOGIN"), said("CI_JOB_URL") or said("CI_PIPELINE_URL")
    return [github, azure, gitlab]


def _plain(url: str) -> str:
    """Without a user name or password; nothing for what is no URL."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    if parts.scheme not in ("https", "http") or not parts.hostname:
        return ""
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment=""))


def _short(text: str) -> str:
    return "".join(char if char.isprintable() else " " for char in text)[:_LONGEST].strip()
