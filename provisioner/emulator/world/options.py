"""How an emulator is asked to run, and how it says that it cannot."""

from __future__ import annotations

from dataclasses import dataclass


class StateError(Exception):
    """The state file cannot be used. The message names it; the file is left as it was found."""


class OptionError(Exception):
    """An option names a file that cannot be used. The message says which and why."""


class PortError(OSError):
    """A port cannot be listened on."""

    port: int = 0  # 0: the one that was asked for


@dataclass(frozen=True, kw_only=True, slots=True)
class Options:
    port: int = 0  # 0: any free one
    token_port: int = 0  # the managed-identity endpoint, plain http; 0: the one after `port`, or any free one
    cert_names: tuple[str, ...] = ()  # host names that the certificate is for, beside those of loopback
    state: str = ":memory:"  # or the path of a file, made when missing
    latency_ms: float = 0  # added to every answer of the two planes
    write_seconds: float = 0  # how long a management write takes; 0: done when answered
    strict: bool = False  # refuse what the service may only ignore
    dedupe_versions: bool = False  # an identical agent version is not a new one
    update_seconds: float = 0.5  # how long a memory update works, once it has started
    model_endpoint: str = ""  # an OpenAI-compatible API; without one the embedded model does the work
    model: str = ""  # its names for the two models
    embedding_model: str = ""
    faults: str = ""  # a YAML file of declared faults
    deploy: tuple[str, ...] = ()  # models of the catalogue that a world has deployed from its first day
    catalogue: str = ""  # a JSON file of models that are added to the catalogue
    log: str = ""  # a file that gets one JSON line per request; "-" is stderr
