"""Why the system refused something, in words for people: never a number, an internal name or a repeated path."""

from __future__ import annotations

import errno
from collections.abc import Mapping
from typing import Final

_WORDS: Final[Mapping[str, str]] = {
    "EACCES": "permission denied",
    "EPERM": "permission denied",
    "ENOENT": "there is no such file or folder",
    "ENOTDIR": "a part of its path is a file, not a folder",
    "EISDIR": "it is a folder",
    "EEXIST": "it exists already",
    "ENOSPC": "no space left on device",
    "EDQUOT": "the quota of disk space is used up",
    "EFBIG": "the file would be too large",
    "EROFS": "the file system is read-only",
    "EIO": "the device failed",
    "EBADF": "it is closed",
    "EPIPE": "nobody reads it any more",
    "ENAMETOOLONG": "its name is too long",
    "ELOOP": "its symbolic links lead in a circle",
    "ENXIO": "there is nothing at the other end",
    "EMFILE": "too many files are open",
    "ENFILE": "too many files are open",
    "EBUSY": "it is in use",
    "ETXTBSY": "it is being run",
    "ENOEXEC": "it is no program for this system",
    "EADDRINUSE": "another program uses it",
    "EADDRNOTAVAIL": "this machine does not have that address",
    "ECONNREFUSED": "nothing listens there",
    "ECONNRESET": "the connection was cut",
    "EINVAL": "the system does not take it",
    "ENOTSUP": "the system does not support it",
    "ENOMEM": "there is too little memory",
}
_BY_NUMBER: Final[Mapping[int, str]] = {
    number: words for name, words in _WORDS.items() if (number := getattr(errno, name, None)) is not None
}


def reason(error: BaseException) -> str:
    """The end of a sentence, without its full stop."""
    if isinstance(error, OSError):
        known = _BY_NUMBER.get(error.errno or 0)
        return known or (error.strerror or "the system refused it").rstrip(".")
    return str(error).rstrip(".") or "the system refused it"
