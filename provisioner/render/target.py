"""Which project a plan is about: the first thing to know before agreeing to it."""

from __future__ import annotations

from collections.abc import Iterator

from provisioner.model.azure_hosts import project_of
from provisioner.model.document import Json
from provisioner.model.plan import Target
from provisioner.render.safe import one_line


def target_rows(target: Target | None) -> Iterator[tuple[str, str]]:
    """What there is to say of it, as pairs of a label and one line."""
    if target is None:
        return
    if target.environment:
        yield "Environment", one_line(target.environment)
    yield "Project", one_line(f"{target.endpoint}{' (the local Foundry)' if target.local else ''}")
    if target.account and not target.local:
        group = f", resource group {target.resource_group}" if target.resource_group else ""
        subscription = f", subscription {target.subscription}" if target.subscription else ""
        yield "Account", one_line(f"{target.account}{group}{subscription}")
    if target.management and target.subscription and target.resource_group and not target.local:
        yield "Management", one_line(target.management)


def target_phrase(target: Target | None) -> str:
    """`project "my-project" of account "my-account"`, to be said in a sentence; empty where it is not known."""
    if target is None:
        return ""
    environment = f' (environment "{one_line(target.environment)}")' if target.environment else ""
    return f"{_project_phrase(target)}{environment}"


def _project_phrase(target: Target) -> str:
    name = project_of(target.endpoint)
    if not name:
        return one_line(f"the project {target.endpoint}")
    project = f'project "{name}"'
    if target.local:
        return one_line(f"{project} of the local Foundry")
    return one_line(f'{project} of account "{target.account}"' if target.account else f"{project}, {target.endpoint}")


def target_document(target: Target | None) -> Json | None:
    if target is None:
        return None
    return {
        "endpoint": target.endpoint,
        "account": target.account,
        "subscription": target.subscription,
        "resource_group": target.resource_group,
        "management": target.management,
        "local": target.local,
        **({"environment": target.environment} if target.environment else {}),
    }
