"""Embeddings, and the models a client may name. Source: openai-python 3.54, resources/embeddings.py and models.py.

The vectors are counts of hashed words: texts that share words are near each other, and that is all they know.
A remote model does not change them, for the emulator asks it to rank and not to embed.
"""

from __future__ import annotations

import base64
import hashlib
import re
import struct
from math import sqrt
from typing import TYPE_CHECKING, Any, Final

from provisioner.emulator.project.answers.deployment_checks import EMBEDDINGS, all_deployments, check_deployment
from provisioner.emulator.wire.call import Reply
from provisioner.emulator.wire.errors import bad_request, not_found

if TYPE_CHECKING:
    from provisioner.emulator.control.resource_rows import Resource
    from provisioner.emulator.model.interface import Json
    from provisioner.emulator.wire.call import Call


WORD: Final = re.compile(r"\w+")
DIMENSIONS: Final = {"text-embedding-3-large": 3072}  # Microsoft Learn: models; the others have 1536
INPUTS_MAX: Final = 2048


def embed(call: Call) -> Reply:
    document = call.document()
    model = document.get("model")
    if not isinstance(model, str) or not model:
        raise bad_request("Missing required parameter: 'model'.", param="model", code="missing_required_parameter")
    found = check_deployment(call, model, EMBEDDINGS).properties["model"]
    texts, size = _texts(document.get("input")), _size(document.get("dimensions"), found["name"])
    as_text = document.get("encoding_format") == "base64"
    vectors = [_vector(text, size) for text in texts]
    tokens = sum(1 + len(text) // 4 for text in texts)
    return Reply(
        body={
            "object": "list",
            "data": [
                {"object": "embedding", "index": index, "embedding": _packed(vector) if as_text else vector}
                for index, vector in enumerate(vectors)
            ],
            "model": found["name"],
            "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
        }
    )


def list_models(call: Call) -> Reply:
    return Reply(body={"object": "list", "data": [_model(found) for found in all_deployments(call)]})


def read_model(call: Call) -> Reply:
    name = call.params["model"]
    for found in all_deployments(call):
        if found.name.lower() == name.lower():
            return Reply(body=_model(found))
    raise not_found(f"The model '{name}' does not exist.")


def _texts(given: object) -> list[str]:
    """Text or texts; tokens are hashed like words."""
    inputs: list[Any] = given if isinstance(given, list) and not _is_tokens(given) else [given]
    if not 1 <= len(inputs) <= INPUTS_MAX or not all(text and isinstance(text, str | list) for text in inputs):
        raise bad_request(f"'input' must be a text, or a list of 1 to {INPUTS_MAX} texts.", param="input")
    return [text if isinstance(text, str) else " ".join(map(str, text)) for text in inputs]


def _is_tokens(given: list[Any]) -> bool:
    return bool(given) and all(isinstance(entry, int) for entry in given)


def _size(wanted: object, model: str) -> int:
    full = DIMENSIONS.get(model, 1536)
    if wanted is None:
        return full
    if not isinstance(wanted, int) or not 1 <= wanted <= full:
        raise bad_request(f"'dimensions' must be an integer from 1 to {full}.", param="dimensions")
    return wanted


def _vector(text: str, size: int) -> list[float]:
    vector = [0.0] * size
    for word in WORD.findall(text.lower()) or [text]:
        digest = hashlib.blake2b(word.encode(), digest_size=8).digest()
        place, sign = int.from_bytes(digest[:6], "big") % size, 1 if digest[7] & 1 else -1
        vector[place] += sign
    length = sqrt(sum(value * value for value in vector)) or 1.0
    return [value / length for value in vector]


def _packed(vector: list[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()


def _model(deployment: Resource) -> Json:
    return {"id": deployment.name, "object": "model", "created": 0, "owned_by": "system"}
