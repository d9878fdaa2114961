"""Certificates: a CA of our own that lives as long as the state does.

The CA's private key is thrown away at once: a client that trusts `ca.pem` trusts the one certificate it
signed and nothing that could be signed later.
"""

from __future__ import annotations

import os
import re
import shutil
import ssl
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from .options import OptionError

if TYPE_CHECKING:
    from collections.abc import Sequence

NAMES: Final = ("127.0.0.1", "localhost", "::1", "*.localhost")
LABEL: Final = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
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
    name.
    """
    _check_names(names)
    known = _names_in(folder)
    if not _are_usable(folder) or not known.issuperset(names):
        shutil.rmtree(folder, ignore_errors=True)
        _make(folder, sorted(known | set(names)))
    found = Certificates(ca=folder / "ca.pem", bundle=folder / "ca-bundle.pem", server=folder / "server.pem")
    _write_bundle(found)
    return found


def _are_usable(folder: Path) -> bool:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(folder / "server.pem")
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(folder / "ca.pem")
    except (OSError, ssl.SSLError):
        return False
    return True


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
    authority.cert_pem.write_to_path(fresh / "ca.pem")
    _write_private(fresh / "server.pem", certificate.private_key_and_cert_chain_pem.bytes())
    (fresh / "names.txt").write_text("\n".join(names), encoding="utf-8")
    fresh.rename(folder)  # whole: a process that is killed leaves no half of it


def _write_private(path: Path, content: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)


def _write_bundle(certificates: Certificates) -> None:
    """What SSL_CERT_FILE and its like should name: they replace the public CAs, so those must be inside."""
    content = certificates.ca.read_bytes() + b"\n" + _public_authorities(certificates.bundle)
    if certificates.bundle.is_file() and certificates.bundle.read_bytes() == content:
        return
    handle, fresh = tempfile.mkstemp(dir=certificates.bundle.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
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
