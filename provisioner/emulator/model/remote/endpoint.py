"""The HTTP of an OpenAI-compatible endpoint. What goes wrong becomes a ModelError with a stable code."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

import httpx

from provisioner.emulator.model.interface import Json, ModelError, Usage

STATUS_CODES: Final = {
    401: "model-unauthorized",
    403: "model-unauthorized",
    404: "model-not-found",
    429: "model-throttled",
}
LONGEST_DETAIL: Final = 300


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    message: Json
    usage: Usage

    @property
    def text(self) -> str:
        content = self.message.get("content")
        return content if isinstance(content, str) else ""


class Endpoint:
    def __init__(self, address: str, *, api_key: str, timeout_s: float, client: httpx.Client | None = None) -> None:
        self._address = httpx.URL(address)
        if self._address.scheme not in {"http", "https"} or not self._address.host:
            raise ModelError("invalid-endpoint", f"The model endpoint must be an http or https URL, not {address!r}.")
        # Azure OpenAI reads the one, everybody else the other
        self._headers = {"Authorization": f"Bearer {api_key}", "api-key": api_key} if api_key else {}
        self._client = client or httpx.Client(timeout=httpx.Timeout(timeout_s, connect=min(timeout_s, 10)))

    def close(self) -> None:
        self._client.close()

    def chat(self, body: Json) -> Reply:
        answer = self._chat(body)
        try:
            message = answer["choices"][0]["message"]
        except (KeyError, IndexError, TypeError) as error:
            raise _nonsense("a chat completion without a message") from error
        if not isinstance(message, dict):
            raise _nonsense("a chat completion without a message")
        counts = _counts(answer)
        return Reply(
            message=message,
            usage=Usage(
                input_tokens=_count(counts, "prompt_tokens"), output_tokens=_count(counts, "completion_tokens")
            ),
        )

    def _chat(self, body: Json) -> Json:
        """JSON output is asked for where the server knows it; those that refuse the field are asked without."""
        try:
            return self._post("chat/completions", body)
        except ModelError as error:
            if error.code != "model-refused" or body.get("response_format") != {"type": "json_object"}:
                raise
            return self._post(
                "chat/completions", {key: value for key, value in body.items() if key != "response_format"}
            )

    def embeddings(self, model: str, texts: list[str]) -> tuple[list[list[float]], Usage]:
        answer = self._post("embeddings", {"model": model, "input": texts})
        try:
            rows = sorted(answer["data"], key=lambda row: row.get("index", 0))
            vectors = [[float(number) for number in row["embedding"]] for row in rows]
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise _nonsense("embeddings that are no lists of numbers") from error
        if len(vectors) != len(texts) or len({len(vector) for vector in vectors}) > 1 or not all(vectors):
            raise _nonsense(f"{len(vectors)} embeddings for {len(texts)} texts, or of different lengths")
        return vectors, Usage(embedding_tokens=_count(_counts(answer), "prompt_tokens"))

    def _post(self, path: str, body: Json) -> Json:
        url = self._address.copy_with(path=f"{self._address.path.rstrip('/')}/{path}")
        try:
            response = self._client.post(url, json=body, headers=self._headers)
        except httpx.TimeoutException as error:
            raise ModelError("model-timeout", f"The model endpoint {url} did not answer in time.") from error
        except httpx.HTTPError as error:
            raise ModelError("model-unreachable", f"The model endpoint {url} cannot be reached: {error}") from error
        if response.is_error:
            code = STATUS_CODES.get(
                response.status_code, "model-refused" if response.is_client_error else "model-failed"
            )
            raise ModelError(code, f"The model endpoint {url} answered {response.status_code}: {_detail(response)}")
        return _json(response)


def _json(response: httpx.Response) -> Json:
    try:
        answer: Any = response.json()
    except ValueError as error:
        raise _nonsense("a body that is no JSON") from error
    if not isinstance(answer, dict):
        raise _nonsense("a body that is no JSON object")
    return answer


def _detail(response: httpx.Response) -> str:
    """The endpoint's own words, wherever it put them."""
    try:
        error = response.json()["error"]
        message = error["message"] if isinstance(error, dict) else error
    except (ValueError, KeyError, TypeError):
        message = response.text
    return " ".join((message if isinstance(message, str) else json.dumps(message)).split())[:LONGEST_DETAIL]


def _nonsense(what: str) -> ModelError:
    return ModelError("model-nonsense", f"The model endpoint answered with {what}.")


def _counts(answer: Json) -> Json:
    counts = answer.get("usage")
    return counts if isinstance(counts, dict) else {}


def _count(counts: Json, name: str) -> int:
    value = counts.get(name)
    return value if isinstance(value, int) and value >= 0 else 0
