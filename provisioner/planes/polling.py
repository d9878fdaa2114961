"""Following an operation of Azure Resource Manager to its end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from azure.mgmt.core.polling.arm_polling import ARMPolling

from provisioner.model.document import Document
from provisioner.model.errors import Failure, PlaneError
from provisioner.planes.arm_pipeline import DOCUMENT
from provisioner.planes.clock import Clock
from provisioner.planes.retry import LONGEST_ASKED_S, asked_wait

_POLL_S: Final = 5  # where the service does not say how long to wait
_SIGN_OF_LIFE_S: Final = 10
_LONGEST_OPERATION_S: Final = 2 * 60 * 60  # moving a provisioned deployment to another model takes half an hour


class Polling(ARMPolling):
    """The SDK's way of following an operation, with our clock and a sign of life now and then. It ends with the
    document as the service shows it, and no model is made of that.
    """

    def __init__(self, *, final_state: str, clock: Clock, note: Callable[[str], None]) -> None:
        super().__init__(_POLL_S, lro_options={"final-state-via": final_state}, note=note)
        self.note = note
        self._clock = clock
        self._started = self._told = clock.now()

    def resource(self) -> Document:
        document: Document = self._pipeline_response.context[DOCUMENT]
        return document

    def _extract_delay(self) -> float:
        return asked_wait(self._pipeline_response.http_response.headers) or _POLL_S

    def _sleep(self, delay: float) -> None:
        waited = self._clock.now() - self._started
        if waited >= _LONGEST_OPERATION_S:
            raise PlaneError(
                Failure(
                    message=f"The operation is {self.status()} since {waited / 60:.0f} minutes.",
                    code="timeout",
                    advice="Apply again when it has ended: it goes on from where the world is.",
                )
            )
        if self._clock.now() - self._told >= _SIGN_OF_LIFE_S:
            self._told = self._clock.now()
            self.note(f"waiting for the operation ({self.status()}, {waited:.0f} s)")
        self._clock.sleep(min(delay, LONGEST_ASKED_S))
