"""Certificates: a CA of our own that lives as long as the state does.

The CA's private key is thrown away at once: a client that trusts `ca.pem` trusts the one certificate it
signed and nothing that could be signed later.
"""

from __future__ import annotations

import os
import re
import shutil
import ssl
import stat
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from provisioner.emulator.world.file_ownership import SEALED, is_sealed, require_own
from provisioner.emulator.world.options import OptionError, StateError

if TYPE_CHECKING:
    from collections.abc import Sequence

NAMES: Final = ("127.0.0.1", "localhost", "::1", "*.localhost")
LABEL: Final = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
KEPT: Final = ("ca.pem", "server.pem", "names.txt")
HOST: Final = re.compile(rf"(\*\.)?{LABEL}(\.{LABEL})*", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Certificates:
    ca: Path  # our CA alone
    bundle: Path  # our CA and the public ones
    server: Path  # private key and certificate


def certificates_in(folder: Path, names: Sequence[str] = ()) -> Certificates:
    """Those kept in the folder, or new ones: of an authority that nobody trusts yet, so never without need.

    `names` are host names beside those of loopback, `*.example.com` too; what a certificate is for it stays for. Not
    for two processes at once: one could take away what the other just made. Raises OptionError for what is no host
    name, StateError for a folder that is not ours; what a checkout brought in one of ours is made anew.
    """
    _check_names(names)
    require_own(folder, folder=True)
    are_ours = _are_ours(folder)
    known = _names_in(folder) if are_ours else set()
    found = Certificates(ca=folder / "ca.pem", bundle=folder / "ca-bundle.pem", server=folder / "server.pem")
    try:
        if not (are_ours and _are_usable(found) and known.issuperset(names)):
            shutil.rmtree(folder, ignore_errors=True)
            _make(folder, sorted(known | set(names)))
        _write_bundle(found)
    except OSError as error:
        message = f"The certificates in '{folder}' cannot be made: {error.strerror}. Remove that folder."
        raise StateError(message) from error
    return found


def _are_ours(folder: Path) -> bool:
    """Whether nobody but us has put anything there. They go into the trust of programs."""
    try:
        is_private = not stat.S_IMODE(folder.lstat().st_mode) & 0o077
    except FileNotFoundError:
        return False
    return is_private and all(is_sealed(folder / name) for name in KEPT)


def _are_usable(found: Certificates) -> bool:
    """Whether a client would be content: the key fits, our CA signed it, and neither has expired."""
    try:
        server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        server.load_cert_chain(found.server)
        client.load_verify_locations(found.ca)
        _shake_hands(server, client)
    except (OSError, ssl.SSLError):
        return False
    return True


def _shake_hands(server: ssl.SSLContext, client: ssl.SSLContext) -> None:
    """In memory. Raises SSLError."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    asks = client.wrap_bio(to_client, to_server, server_hostname=NAMES[0])
    answers = server.wrap_bio(to_server, to_client, server_side=True)
    for each in (asks, answers) * 2:
        with suppress(ssl.SSLWantReadError):
            each.do_handshake()
    asks.do_handshake()


def _check_names(names: Sequence[str]) -> None:
    wrong = next((name for name in names if not HOST.fullmatch(name)), None)
    if wrong is not None:
        raise OptionError(f"'{wrong}' is no host name for a certificate: give names as in management.azure.com.")


def _names_in(folder: Path) -> set[str]:
    try:
        return set((folder / "names.txt").read_text(encoding="utf-8").split())
    except (OSError, UnicodeDecodeError):
        return set()


def _make(folder: Path, names: Sequence[str]) -> None:
    import trustme  # noqa: PLC0415  costs 35 ms, needed once per state

    authority = trustme.CA(organization_name="Foundry emulator")  # EC keys: an RSA key takes a second
    certificate = authority.issue_cert(*NAMES, *names)
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f"{folder.name}.", dir=folder.parent))  # mode 0700
    try:
        _write_sealed(fresh / "ca.pem", authority.cert_pem.bytes())
        _write_sealed(fresh / "server.pem", certificate.private_key_and_cert_chain_pem.bytes())
        _write_sealed(fresh / "names.txt", "\n".join(names).encode())
        fresh.rename(folder)  # whole: a process that is killed leaves no half of it
    except OSError:
        shutil.rmtree(fresh, ignore_errors=True)
        raise


def _write_sealed(path: Path, content: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, SEALED), "wb") as file:
        file.write(content)


def _write_bundle(certificates: Certificates) -> None:
    """What SSL_CERT_FILE and its like should name: they replace the public CAs, so those must be inside."""
    content = certificates.ca.read_bytes() + b"\n" + _public_authorities(certificates.bundle)
    if is_sealed(certificates.bundle) and certificates.bundle.read_bytes() == content:
        return
    handle, fresh = tempfile.mkstemp(dir=certificates.bundle.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    Path(fresh).chmod(SEALED)
    Path(fresh).replace(certificates.bundle)


def _public_authorities(ours: Path) -> bytes:
    for candidate in (os.environ.get("SSL_CERT_FILE"), _certifi(), ssl.get_default_verify_paths().cafile):
        if candidate and Path(candidate).is_file() and Path(candidate) != ours:
            return Path(candidate).read_bytes()
    return b""


def _certifi() -> str | None:
    try:
        import certifi  # noqa: PLC0415  comes with every Azure client, but is not ours to demand
    except ImportError:
        return None
    return certifi.where()
