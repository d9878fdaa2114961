"""What other tools' files call the things of a manifest, for hints when somebody pastes one.

Each kind has its own table, from their published schemas: azd's `azure.ai.agent.json` (Azure/azure-dev), AgentSchema
(microsoft/AgentSchema), and ARM's types as Bicep writes them. A key is a path with dots in an entry; its value is the
manifest's path or, when it is a sentence, the hint itself. A name that only differs in its case (`raiPolicyName`) needs
no row.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

Neighbours = Mapping[str, str]

NAME: Final = "The name is the key above: `NAME: {…}`."
