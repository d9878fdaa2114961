"""What is asked of the manifest's lock: nothing where there is none."""

from __future__ import annotations

from provisioner.cli.examination.bounded import Verdicts, Wish, verdicts
from provisioner.cli.locking import opened_lock
from provisioner.doctor.verdict import State, Verdict, unknown
from provisioner.manifest.load import Manifest
from provisioner.planes.clock import SystemClock
from provisioner.planes.credentials import SignIn
from provisioner.render.locks import holder_phrase


def locked(manifest: Manifest | None, sign_in: SignIn, wish: Wish, *, bad: str) -> Verdicts:
    """`bad` is the check that says why nobody is signed in, if one does."""
    if manifest is None:
        return {"lock": unknown("lock", "Not asked: see `manifest`.")}
    if manifest.lock is None:
        return {"lock": _fine("None is declared, so an apply takes none.")}
    if wish.request.local:
        return {"lock": _fine("An apply takes none, as the local Foundry is this machine's alone.")}
    if bad:
        return {"lock": unknown("lock", f"Not asked: see `{bad}`.")}
    where, waits = manifest.lock, list[str]()

    def task() -> Verdict:
        """Reads, and takes nothing."""
        with opened_lock(wish.request, manifest, where, sign_in, clock=SystemClock(), tell=waits.append) as lock:
            found = lock.look()
        if found.state.value == "free":
            return _fine(
                "It can be read, and is free. Whether it may be taken is not tried, as nothing is changed here."
            )
        message = f"It is held by {holder_phrase(found.holder)}."
        return Verdict(
            check="lock", state=State.WARNING, message=message, hint="An apply waits for it: --lock-timeout."
        )

    return verdicts({"lock": task}, wish.outside.patience.access_s, waits)


def _fine(message: str) -> Verdict:
    return Verdict(check="lock", state=State.OK, message=message)
