"""The world's model, and how it is asked: a slow one never inside a transaction, nor in the way of other requests."""

from __future__ import annotations

import asyncio
import os
import threading
from concurrent.futures import Future
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable

    from provisioner.emulator.model import Model
    from provisioner.emulator.model.remote import RemoteModel
    from provisioner.emulator.world.options import Options

T = TypeVar("T")


class Thinker:
    """Holds one model, made when it is first needed."""

    def __init__(self, options: Options) -> None:
        self._options = options

    @property
    def is_slow(self) -> bool:
        """True for a remote model: it takes its time, so it works in a thread."""
        return bool(self._options.model_endpoint)

    @cached_property
    def model(self) -> Model:
        if not self.is_slow:
            from provisioner.emulator.model.embedded import EmbeddedModel  # noqa: PLC0415  costs nothing where nobody thinks

            return EmbeddedModel()
        from provisioner.emulator.model.remote import API_KEY_VARIABLE, RemoteModel  # noqa: PLC0415

        return RemoteModel(
            endpoint=self._options.model_endpoint,
            model=self._options.model,
            embedding_model=self._options.embedding_model,
            api_key=os.environ.get(API_KEY_VARIABLE, ""),
        )

    async def think(self, work: Callable[[Model], T]) -> T:
        """Outside of any transaction. Handlers yield their work instead, and are given what it returned."""
        model = self.model
        return await _in_a_thread(lambda: work(model)) if self.is_slow else work(model)

    def close(self) -> None:
        """What a remote model is still at is given up."""
        if self.is_slow and "model" in self.__dict__:
            cast("RemoteModel", self.model).close()


async def _in_a_thread(work: Callable[[], T]) -> T:
    """In one that nobody waits for at the end, unlike asyncio's own: a model may take minutes."""
    done: Future[T] = Future()
    done.set_running_or_notify_cancel()  # from here on it ends with a result, wanted or not

    def run() -> None:
        try:
            done.set_result(work())
        except BaseException as error:  # noqa: BLE001  it is raised where the work was asked for
            done.set_exception(error)

    threading.Thread(target=run, name="foundry-model", daemon=True).start()
    return await asyncio.wrap_future(done)
