"""One run of the command: what tells it from others, and what it is a part of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from provisioner.model.trace import Trace


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipeline:
    """Which service runs it, and the page of that run; `url` is empty where it is not known."""

    name: str
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """`id` is a GUID, as Azure Resource Manager takes one; without any, nothing tells the services which run it is."""

    id: str = ""
    pipeline: Pipeline | None = None
    trace: Trace | None = None

    def headers(self, span: str) -> dict[str, str]:
        """By which the services can tell whose a request is. `span` is the request's own, where there is a trace."""
        own = {"x-ms-correlation-request-id": self.id} if self.id else {}
        return {**own, **self.trace.headers(span)} if self.trace is not None else own


def pipeline_in(environ: Mapping[str, str]) -> Pipeline | None:
    """The one whose variables are set.

    Sources: docs.github.com/actions/reference/variables-reference, learn.microsoft.com/azure/devops/pipelines/build/
    variables, docs.gitlab.com/ci/variables/predefined_variables.
    """

    def said(name: str) -> str:
        return environ.get(name, "")

    if said("GITHUB_ACTIONS") == "true":
        run, attempt = said("GITHUB_RUN_ID"), said("GITHUB_RUN_ATTEMPT")
        path = f"{said('GITHUB_REPOSITORY')}/actions/runs/{run}" + (f"/attempts/{attempt}" if attempt else "")
        return Pipeline(name="github", url=_page(said("GITHUB_SERVER_URL"), path if run else ""))
    if said("TF_BUILD").lower() == "true":
        build = said("BUILD_BUILDID")
        path = f"{quote(said('SYSTEM_TEAMPROJECT'))}/_build/results?buildId={quote(build)}"
        collection = said("SYSTEM_COLLECTIONURI") or said("SYSTEM_TEAMFOUNDATIONCOLLECTIONURI")
        return Pipeline(name="azure-pipelines", url=_page(collection, path if build else ""))
    if said("GITLAB_CI") == "true":
        return Pipeline(name="gitlab", url=_page(said("CI_JOB_URL") or said("CI_PIPELINE_URL")))
    return None


def _page(base: str, path: str | None = None) -> str:
    """Empty unless it is the URL of a page, and one without a user name."""
    if path == "" or any(char.isspace() or not char.isprintable() for char in base):
        return ""
    try:
        parts = urlsplit(base)
        is_page = parts.scheme in ("https", "http") and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        return ""
    return (f"{base.rstrip('/')}/{path}" if path else base) if is_page else ""
