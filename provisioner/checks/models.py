"""Models and agents, asked through the OpenAI client of azure-ai-projects, which is imported here and nowhere else."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

from provisioner.model.errors import Failure, PlaneError, ProvisionerError
from provisioner.planes.advice import PROJECT
from provisioner.planes.attempts import PROJECT as PLANE
from provisioner.planes.attempts import Attempt
from provisioner.planes.clock import Clock
from provisioner.planes.clouds import is_loopback
from provisioner.planes.failures import failure_from, unreachable
from provisioner.planes.retry import NOT_TAKEN, Again, asked_wait, persistently
from provisioner.planes.trust import trusted_authorities

if TYPE_CHECKING:
    from openai import OpenAI

    from provisioner.planes.service import Planes

_GREETING: Final = "Answer with the one word: ready"
_CONNECT_S: Final = 15
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """`called` are the types and names of the tools that were called. `numbers` are how many an embedding has."""

    text: str = ""
    called: tuple[str, ...] = ()
    numbers: int = 0
    usage: Mapping[str, Any]
    elapsed_s: float


class Models(Protocol):
    """Every call may raise PlaneError. An answer may keep silent for `timeout_s`."""

    def complete(self, deployment: str, *, timeout_s: float) -> Answer: ...

    def embed(self, deployment: str, *, timeout_s: float) -> Answer: ...

    def ask(self, agent: str, text: str, *, user: str, timeout_s: float) -> Answer:
        """In a call that shares no history with any other, on behalf of a user; nothing of it is kept."""


class NoModels:
    """For checks of memory stores, which need none."""

    def complete(self, deployment: str, *, timeout_s: float) -> Answer:
        raise NotImplementedError

    def embed(self, deployment: str, *, timeout_s: float) -> Answer:
        raise NotImplementedError

    def ask(self, agent: str, text: str, *, user: str, timeout_s: float) -> Answer:
        raise NotImplementedError


def require_models() -> None:
    """Raises ProvisionerError where the extra is not installed."""
    try:
        import azure.ai.projects  # noqa: F401, PLC0415 - an extra
        import openai  # noqa: F401, PLC0415 - comes with it
    except ModuleNotFoundError as error:
        raise ProvisionerError(
            f"Checks of agents and deployments need azure-ai-projects ({error.name} is missing).",
            'Install it: pip install "foundry-provisioner[checks]"',
        ) from error


@contextmanager
def opened_models(planes: Planes, clock: Clock, note: Callable[[str], None]) -> Iterator[Models]:
    """Trusts and signs in as the project plane does. `note` is told of waits."""
    require_models()
    from azure.ai.projects import AIProjectClient  # noqa: PLC0415
    from openai import DefaultHttpxClient  # noqa: PLC0415

    endpoint = planes.target.endpoint
    with (
        DefaultHttpxClient(
            verify=trusted_authorities(), trust_env=not is_loopback(endpoint), follow_redirects=False
        ) as http,
        AIProjectClient(endpoint, planes.project.tokens) as project,
    ):
        yield OpenAIModels(project.get_openai_client(http_client=http, max_retries=0), planes, clock, note)


class OpenAIModels:
    """See `Models`."""

    def __init__(self, client: OpenAI, planes: Planes, clock: Clock, note: Callable[[str], None]) -> None:
        self._client = client
        self._planes = planes
        self._clock = clock
        self._note = note

    def complete(self, deployment: str, *, timeout_s: float) -> Answer:
        def send(more: Mapping[str, Any]) -> Any:
            messages: Any = [{"role": "user", "content": _GREETING}]
            return self._client.chat.completions.with_raw_response.create(model=deployment, messages=messages, **more)

        body, elapsed_s = self._sent(send, "chat/completions", timeout_s)
        choices = body.get("choices") or [{}]
        message = choices[0].get("message") or {}
        return Answer(text=str(message.get("content") or ""), usage=body.get("usage") or {}, elapsed_s=elapsed_s)

    def embed(self, deployment: str, *, timeout_s: float) -> Answer:
        def send(more: Mapping[str, Any]) -> Any:
            # numbers, and not their bytes in base64, which not every model gives
            return self._client.embeddings.with_raw_response.create(
                model=deployment, input=_GREETING, encoding_format="float", **more
            )

        body, elapsed_s = self._sent(send, "embeddings", timeout_s)
        rows = body.get("data") or [{}]
        usage = {"embedding_tokens": (body.get("usage") or {}).get("total_tokens", 0)}
        return Answer(numbers=len(rows[0].get("embedding") or ()), usage=usage, elapsed_s=elapsed_s)

    def ask(self, agent: str, text: str, *, user: str, timeout_s: float) -> Answer:
        reference = {"type": "agent_reference", "name": agent}

        def send(more: Mapping[str, Any]) -> Any:
            headers = {**more["extra_headers"], "x-memory-user-id": user}
            return self._client.responses.with_raw_response.create(
                input=text, extra_body={"agent_reference": reference}, **{**more, "extra_headers": headers}
            )

        body, elapsed_s = self._sent(send, "responses", timeout_s)
        self._forget(str(body.get("id") or ""))
        if body.get("status") not in (None, "completed"):
            raise PlaneError(_broken_off(body))
        output = [item for item in body.get("output") or () if isinstance(item, dict)]
        return Answer(
            text="\n".join(_texts(output)),
            called=tuple(dict.fromkeys(_called(output))),
            usage=body.get("usage") or {},
            elapsed_s=elapsed_s,
        )

    def _forget(self, response: str) -> None:
        """It is kept for a month otherwise. Where that is refused, what was asked was made up."""
        from openai import OpenAIError  # noqa: PLC0415

        try:
            if response:
                self._client.responses.delete(response, timeout=_CONNECT_S)
        except OpenAIError as error:
            self._note(f"the response {response} could not be deleted: {type(error).__name__}")

    def _sent(
        self, send: Callable[[Mapping[str, Any]], Any], path: str, timeout_s: float
    ) -> tuple[Mapping[str, Any], float]:
        """What was answered, and how long that took, without the waits that the service asked for."""
        number = 0

        def attempt() -> tuple[Mapping[str, Any], float]:
            nonlocal number
            number += 1
            return self._once(send, path, number, timeout_s)

        return persistently(attempt, clock=self._clock, note=self._note)

    def _once(
        self, send: Callable[[Mapping[str, Any]], Any], path: str, number: int, timeout_s: float
    ) -> tuple[Mapping[str, Any], float]:
        from openai import APIConnectionError, APIError, APIStatusError, APITimeoutError  # noqa: PLC0415

        project = self._planes.project
        sent = Attempt(PLANE, "POST", number=number, clock=self._clock, run=project.run)
        base = self._client.base_url
        started = self._clock.now()
        try:
            with sent.to(base.netloc.decode("ascii"), f"{base.path}{path}"):
                raw = send({"timeout": max(1.0, timeout_s), "extra_headers": sent.headers()})
                sent.answered(raw.status_code, raw.headers)
        except APIStatusError as error:
            raise _refused(error.status_code, error.response.content, error.response.headers) from error
        except APIConnectionError as error:
            if isinstance(ours := error.__cause__, PlaneError):  # nobody is signed in
                raise ours from error
            failure = unreachable(str(base), error.__cause__ or error, hung=isinstance(error, APITimeoutError))
            raise PlaneError(failure, ambiguous=True) from error
        except APIError as error:
            raise PlaneError(_odd(str(error))) from error
        return _document(raw.content), self._clock.now() - started


def _refused(status: int, body: bytes, headers: Mapping[str, str]) -> Exception:
    error = PlaneError(failure_from(status, body, headers, by_status=PROJECT), wait_s=asked_wait(headers))
    return Again(error, reason="throttled by the service") if status in NOT_TAKEN else error


def _document(content: bytes) -> Mapping[str, Any]:
    import json  # noqa: PLC0415

    try:
        document = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise PlaneError(_odd("it is not JSON")) from error
    if not isinstance(document, dict):
        raise PlaneError(_odd("it is no object"))
    return document


def _odd(why: str) -> Failure:
    message = f"The answer makes no sense: {why}."
    return Failure(message=message, code="odd-answer", advice="A fault of the service. Try again later.")


def _broken_off(body: Mapping[str, Any]) -> Failure:
    error = body.get("error") or body.get("incomplete_details") or {}
    why = error.get("message") or error.get("reason") or "it does not say why"
    return Failure(message=f"The answer is {body.get('status')}: {why}", code=str(error.get("code") or ""))


def _texts(output: list[dict[str, Any]]) -> Iterator[str]:
    for item in output:
        if item.get("type") == "message":
            parts = item.get("content")
            for part in parts if isinstance(parts, list) else ():
                if isinstance(part, dict) and isinstance(part.get("text"), str):
                    yield part["text"]


def _called(output: list[dict[str, Any]]) -> Iterator[str]:
    for item in output:
        sort, name = item.get("type"), item.get("name")
        if isinstance(sort, str) and sort.endswith("_call"):
            yield from (it for it in (sort, name) if isinstance(it, str))
