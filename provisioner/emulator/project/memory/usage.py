"""Token figures as the wire has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from provisioner.emulator.model import Usage
    from provisioner.emulator.model.interface import Json


def usage_of(usage: Usage) -> Json:
    """Source: azure-ai-projects 2.10, MemoryStoreOperationUsage: every figure is required."""
    return {
        "embedding_tokens": usage.embedding_tokens,
        "input_tokens": usage.input_tokens,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": usage.output_tokens,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": usage.total_tokens,
    }
