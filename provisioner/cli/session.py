"""From flags to a manifest, and from a manifest to open planes."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from provisioner.cli import logs
from provisioner.cli.complaints import warn
from provisioner.cli.this_run import this_run
from provisioner.manifest.env import gather
from provisioner.manifest.files import folder_of, is_folder
from provisioner.manifest.load import Loaded, Manifest, load
from provisioner.manifest.project import VARIABLES, ProjectSettings
from provisioner.model.azure_hosts import account_of
from provisioner.model.diagnostic import Diagnostic, Severity
from provisioner.model.errors import ManifestInvalid, ProvisionerError
from provisioner.model.run import Run
from provisioner.planes.clouds import cloud_of, loopback_authorities

if TYPE_CHECKING:
    from provisioner.planes.credentials import SignIn
    from provisioner.planes.service import Coordinates, Planes


LOCAL_STATE: Final = Path(".provisioner") / "local.db"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the shared flags asked for."""

    files: tuple[Path, ...] = ()
    allow_env: tuple[str, ...] = ()
    local: bool = False
    state: str | None = None
    catalogue: str = ""
    project_endpoint: str | None = None
    allow_hosts: tuple[str, ...] = ()
    pin_environment: bool = False
    environment: str | None = None
    parallelism: int = 10
    timeout_s: float = 120
    run: Run = field(default_factory=this_run)

    @property
    def folder(self) -> Path:
        """That of the first manifest, wherever the shell is. Without one, or where it is read from stdin or a pipe, the
        current folder.
        """
        if not self.files:
            return Path()
        first = self.files[0]
        return first if is_folder(first) else folder_of(first)

    @property
    def state_file(self) -> str:
        """Of the local Foundry: as it was named, or in the folder."""
        return self.state if self.state is not None else str(self.folder / LOCAL_STATE)


def read_manifest(request: Request) -> Manifest:
    """Raises ManifestInvalid; warnings are told on stderr, but for those that belong to the plan."""
    loaded = looked_at(request)
    if loaded.manifest is None:
        raise ManifestInvalid(loaded.diagnostics, "" if request.local else _forgotten(loaded.diagnostics))
    warn([each for each in loaded.diagnostics if each not in loaded.manifest.overrides])
    return loaded.manifest


def looked_at(request: Request) -> Loaded:
    """The manifest, or what is wrong with it."""
    loaded = load(
        request.files,
        environ=os.environ,
        allow_env=request.allow_env,
        unset=Severity.ERROR,
        project_needed=not request.local,
        endpoint=request.project_endpoint,
        allow_hosts=allowed_hosts(request.allow_hosts, request.project_endpoint, os.environ),
        pinned=request.pin_environment,
        environment=request.environment,
    )
    if loaded.manifest is not None:
        logs.manifest_read(loaded.manifest)
    return loaded


def allowed_hosts(
    allow_hosts: Sequence[str], project_endpoint: str | None, environ: Mapping[str, str]
) -> tuple[str, ...]:
    """Those that the flags allow, and addresses of this machine that a flag or the environment itself names: neither a
    manifest nor a `.env` file may say that what listens on a port is given a token.
    """
    named = (project_endpoint, *(environ.get(VARIABLES[key]) for key in ("endpoint", "management_endpoint")))
    return (*allow_hosts, *loopback_authorities(named))


def _forgotten(diagnostics: Sequence[Diagnostic]) -> str:
    """What may have been meant where all that is wrong is that nobody says where Azure's project is."""
    about_project = all(
        it.code in ("env-unset", "missing-key") and it.where is not None and it.where.path.startswith("project")
        for it in diagnostics
        if it.is_error
    )
    return "To use the embedded Foundry instead of Azure, add --local." if about_project else ""


@contextmanager
def opened(request: Request) -> Iterator[tuple[Manifest, Planes]]:
    """The manifest and both planes. What `read_manifest` and `connected` raise."""
    from provisioner.planes.credentials import SignIn  # noqa: PLC0415 - as below

    with SignIn() as sign_in:
        if not request.local:  # which gives its own tokens, and is not there yet
            _ask_ahead(sign_in, request)
        manifest = read_manifest(request)
        with connected(request, manifest, sign_in) as planes:
            yield manifest, planes


def _ask_ahead(sign_in: SignIn, request: Request) -> None:
    """Tokens take as long as the manifest takes to be read, or longer; the cloud is nearly always known before."""
    cloud = cloud_of(request.project_endpoint or os.environ.get(VARIABLES["endpoint"], ""))
    sign_in.ahead(cloud.project_scope, cloud.management_scope)


@contextmanager
def connected(request: Request, manifest: Manifest | None, sign_in: SignIn | None = None) -> Iterator[Planes]:
    """Both planes, of Azure or of the embedded Foundry. Without a manifest, the environment (over a `.env` file here)
    says which project.
    """
    from provisioner.planes.service import connect  # noqa: PLC0415 - the SDKs are paid for by those who talk to Azure

    with (
        located(request, manifest.project if manifest is not None else None) as where,
        connect(
            where, sign_in, connections=request.parallelism, timeout_s=request.timeout_s, run=request.run
        ) as planes,
    ):
        environment = (manifest.environment if manifest is not None else None) or ""
        yield replace(planes, target=replace(planes.target, local=request.local, environment=environment))


@contextmanager
def located(request: Request, project: ProjectSettings | None) -> Iterator[Coordinates]:
    """Where both planes are. The embedded Foundry runs, and the environment leads to it, for as long as this is open.
    Without `project`, the environment (over a `.env` file here) says which one. Raises ProvisionerError.
    """
    logging.getLogger("azure").setLevel(logging.ERROR)  # what it warns of we say ourselves, once and with a remedy
    if request.local:
        with _embedded(request.state_file, request.catalogue) as env, _environment(env):
            yield _coordinates_from(env, request)
        return
    yield _coordinates(request, project)


def _coordinates(request: Request, project: ProjectSettings | None) -> Coordinates:
    from provisioner.planes.service import Coordinates  # noqa: PLC0415

    if project is None:
        variables, _ = gather(Path(), os.environ, (), Severity.WARNING)
        return _coordinates_from(variables.values, request)
    if not project.endpoint:
        raise _no_endpoint()
    return Coordinates(
        endpoint=project.endpoint,
        account=project.account,
        subscription=project.subscription_id,
        resource_group=project.resource_group,
        management_endpoint=project.management_endpoint,
        allowed_hosts=allowed_hosts(request.allow_hosts, request.project_endpoint, os.environ),
    )


def _coordinates_from(env: Mapping[str, str], request: Request) -> Coordinates:
    from provisioner.planes.service import Coordinates  # noqa: PLC0415

    endpoint = request.project_endpoint or env.get("FOUNDRY_PROJECT_ENDPOINT")
    if not endpoint:
        raise _no_endpoint()
    return Coordinates(
        endpoint=endpoint,
        account=account_of(endpoint) or env.get("FOUNDRY_ACCOUNT"),
        subscription=env.get("AZURE_SUBSCRIPTION_ID"),
        resource_group=env.get("AZURE_RESOURCE_GROUP"),
        management_endpoint=env.get("PROVISIONER_MANAGEMENT_ENDPOINT"),
        allowed_hosts=allowed_hosts(request.allow_hosts, request.project_endpoint, os.environ),
    )


def _no_endpoint() -> ProvisionerError:
    return ProvisionerError(
        "It is not said which project to use.",
        "Set FOUNDRY_PROJECT_ENDPOINT, name it with --project-endpoint, or try the embedded one with --local.",
    )


@contextmanager
def _embedded(state: str, catalogue: str) -> Iterator[Mapping[str, str]]:
    """Run the embedded Foundry for as long as the command runs; gives its environment."""
    from provisioner.cli.local import embedded_foundry  # noqa: PLC0415 - an extra that need not be installed

    with embedded_foundry(state, catalogue) as env:
        yield env


@contextmanager
def _environment(env: Mapping[str, str]) -> Iterator[None]:
    """The Azure libraries read where to get tokens and whom to trust from the process's environment alone."""
    before = {name: os.environ.get(name) for name in env}
    os.environ.update(env)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
