"""Whose certificates are trusted, on both planes alike."""

from __future__ import annotations

import os
import ssl
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import certifi

from provisioner.model.errors import Failure, PlaneError
from provisioner.model.reasons import reason

# OpenSSL's names and those of `requests`: people set whichever the last tool that they met asked for.
FOLDERS: Final = "SSL_CERT_DIR"
BUNDLES: Final = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


def trusted_authorities(environ: Mapping[str, str] = os.environ) -> ssl.SSLContext:
    """The CAs of all files and folders that these variables name; where none is set, those that browsers trust. A
    folder is looked into when a certificate is to be checked, so one that is not there is no error.

    To be shared: reading a bundle of public CAs takes some 20 ms. Raises PlaneError when one cannot be read.
    """
    named = {environ[name]: name for name in reversed(BUNDLES) if environ.get(name)}
    folders = [folder for folder in environ.get(FOLDERS, "").split(os.pathsep) if folder]
    place, *more = [*named, *folders] or [certifi.where()]
    try:
        cafile, capath = _located(place, folders)
        context = ssl.create_default_context(cafile=cafile, capath=capath)
        for place in more:
            context.load_verify_locations(*_located(place, folders))
    except (OSError, ValueError) as error:  # ValueError: a name with a NUL
        raise PlaneError(_unreadable(named.get(place, ""), place, error)) from error
    return context


def _located(place: str, folders: Sequence[str]) -> tuple[str | None, str | None]:
    """As a file, or as a folder."""
    return (None, place) if place in folders or Path(place).is_dir() else (place, None)


def _unreadable(name: str, place: str, error: OSError | ValueError) -> Failure:
    why = "it holds no certificate in PEM form" if isinstance(error, ssl.SSLError | ValueError) else reason(error)
    return Failure(
        message=f"The CAs of {name or 'certifi'} ({place}) cannot be read: {why}.",
        code="wrong-connection-settings",
        advice=f"Name a file of CA certificates in PEM form, or unset {name}." if name else "Install certifi anew.",
    )
