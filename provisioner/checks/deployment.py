"""A deployment: one completion, or one embedding."""

from __future__ import annotations

from provisioner.checks.models import Answer
from provisioner.checks.tries import Bench, Unmet
from provisioner.kinds import KINDS
from provisioner.model.check import DeploymentCheck
from provisioner.model.errors import PlaneError
from provisioner.model.resource import Live

_OTHER_KIND = frozenset({400, 404, 405})


def try_deployment(check: DeploymentCheck, bench: Bench) -> str:
    """What was seen. Raises Unmet, Stopped and PlaneError."""
    kind = KINDS[check.subject.kind]
    live: Live | None = kind.read(bench.planes, check.subject)
    if live is None:
        raise Unmet(f"There is no {kind.singular} {check.subject.name}.", "Apply the manifest.")
    gives = kind.provides(live.fields)
    if gives == "embedding":
        return _embedding(check, bench)
    if gives == "chat":
        return _completion(check, bench)
    return _either(check, bench)


def _either(check: DeploymentCheck, bench: Bench) -> str:
    """What the model's name does not tell, it tells itself."""
    try:
        return _completion(check, bench)
    except PlaneError as error:
        if error.failure.status not in _OTHER_KIND:
            raise
        try:
            return _embedding(check, bench)
        except PlaneError as other:
            if other.failure.status not in _OTHER_KIND:
                raise
            hint = "A model that gives neither, such as one of images or speech, cannot be checked."
            raise Unmet(f"It gives no completion ({error}), and no embedding ({other}).", hint) from error


def _completion(check: DeploymentCheck, bench: Bench) -> str:
    answer: Answer = bench.models.complete(check.subject.name, timeout_s=bench.pace.left_s)
    bench.spent.add(answer.usage)
    if not answer.text.strip():
        raise Unmet("It gave an empty completion.", "A content filter may have taken it away.")
    return f"Gave a completion in {answer.elapsed_s:.1f} s."


def _embedding(check: DeploymentCheck, bench: Bench) -> str:
    answer = bench.models.embed(check.subject.name, timeout_s=bench.pace.left_s)
    bench.spent.add(answer.usage)
    if not answer.numbers:
        raise Unmet("It gave an empty embedding.", "A fault of the service: it should never.")
    return f"Gave an embedding of {answer.numbers} numbers in {answer.elapsed_s:.1f} s."
