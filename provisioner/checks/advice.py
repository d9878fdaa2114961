"""What to do about what checks meet, where the service is known to say it in words that lead nowhere.

Sources: azure-sdk-for-python#44308, #44969 (updates), microsoft-foundry/discussions#442 (items and searches).
"""

from __future__ import annotations

import re
import threading
from typing import Final

from provisioner.model.errors import Failure
from provisioner.planes.service import Planes
from provisioner.preflight import reading
from provisioner.preflight.access import FOUNDRY_USER
from provisioner.preflight.diagnosis import assignment_command
from provisioner.preflight.facts import Unknown

_OF_MODELS: Final = re.compile(r"Azure resource encountered an error", re.IGNORECASE)
_IDENTITY: Final = re.compile(r"authentication|\b401\b|\b403\b", re.IGNORECASE)
_MISSING: Final = re.compile(r"does not exist|\b404\b", re.IGNORECASE)
_WRONG_KIND: Final = re.compile(r"does not work with the specified model|OperationNotSupported", re.IGNORECASE)
_PAUSED: Final = re.compile(r"is paused|\b423\b", re.IGNORECASE)


class Advice:
    """Asks for the project's own identity once, and only where it matters."""

    def __init__(self, planes: Planes) -> None:
        self._planes = planes
        self._lock = threading.Lock()
        self._grant = ""

    def of(self, failure: Failure) -> str:
        if not (_OF_MODELS.search(failure.message) or failure.code == "ResourceError"):
            return failure.advice
        if _IDENTITY.search(failure.message):
            return self._of_identity()
        if _MISSING.search(failure.message):
            return (
                "A deployment that the store names is not there. Apply the manifest; one made a moment ago takes "
                "five minutes to be seen."
            )
        if _WRONG_KIND.search(failure.message):
            return "The store's `chat_model` or `embedding_model` is of the other kind. Both are set when it is made."
        if _PAUSED.search(failure.message):
            return "Set `deployment_state: Running` on the deployment."
        return failure.advice

    def _of_identity(self) -> str:
        with self._lock:
            if not self._grant:
                self._grant = self._granting()
            return self._grant

    def _granting(self) -> str:
        management = self._planes.management
        says = (
            f"The project's own identity may not use the account's models: it lacks the role {FOUNDRY_USER.name} on "
            "the account. A fresh grant takes minutes to work:"
        )
        if management is None:
            return f"{says}\n{assignment_command('', 'ServicePrincipal', FOUNDRY_USER, '')}"
        project = reading.project(management)
        principals = () if isinstance(project, Unknown) else project.principals
        known = () if isinstance(principals, Unknown) else principals
        if not known and not isinstance(principals, Unknown) and not isinstance(project, Unknown):
            return (
                "The project has no identity of its own, as which the service uses the account's models. Give it one, "
                f"and then that the role {FOUNDRY_USER.name} on the account:\n"
                f"az resource update --ids {management.project} --set identity.type=SystemAssigned"
            )
        commands = [
            assignment_command(it, "ServicePrincipal", FOUNDRY_USER, management.account) for it in known or ("",)
        ]
        return "\n".join([says, *commands])
