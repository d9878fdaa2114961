"""What other tools' files call the things of a manifest, for hints when somebody pastes one.

From their published schemas: azd's `azure.ai.agent.json` (Azure/azure-dev), AgentSchema (microsoft/AgentSchema), and
ARM's `accounts/deployments` as Bicep writes it. A key is a path with dots in an entry; its value is the manifest's path
or, when it is a sentence, the hint itself. A name that only differs in its case (`raiPolicyName`) needs no row.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

Neighbours = Mapping[str, str]

_NAME: Final = "The name is the key above: `NAME: {…}`."
_NO_LIMIT: Final = "no setting of a prompt agent; remove it, and say it in each call."

AGENTS: Final[Neighbours] = {
    "name": _NAME,
    "displayName": "There is no name to show; keep it as a label: `metadata: {display_name: …}`.",
    "protocols": "protocol_versions",
    "env": "environment_variables",
    "environment": "environment_variables",
    "environment_variables": "Write a mapping: `environment_variables: {NAME: value}`.",
    "environmentVariables": "environment_variables",
    "container.resources.cpu": "cpu",
    "container.resources.memory": "memory",
    "container.image": "container_configuration.image",
    "container.scale": "A hosted agent is scaled by the service; remove it.",
    "container": "container_configuration",
    "resources.cpu": "cpu",
    "resources.memory": "memory",
    "scale": "A hosted agent is scaled by the service; remove it.",
    "model.id": "model",
    "model.name": "model",
    "model.deployment": "model",
    "model.options.temperature": "temperature",
    "model.options.topP": "top_p",
    "model.options.maxOutputTokens": _NO_LIMIT,
    "model.options.allowMultipleToolCalls": _NO_LIMIT,
    "model.connection": "Write `model: <connection>/<model>` for a model behind a connection.",
    "modelOptions.temperature": "temperature",
    "modelOptions.topP": "top_p",
    "max_output_tokens": _NO_LIMIT,
    "additionalInstructions": "instructions",
    "systemPrompt": "instructions",
    "prompt": "instructions",
    "response_format": "text.format",
    "outputSchema": "text.format",
    "inputSchema": "structured_inputs",
    "inputs": "structured_inputs",
    "voice": "audio.output.voice",
    "policies": "rai_config",
    "raiPolicyName": "rai_config.rai_policy_name",
    "rai_policy_name": "rai_config.rai_policy_name",
    "definition": "Its keys stand one level up: `kind`, `model`, `instructions`, …",
    "dockerfilePath": "Build and push the image first, and name it in `container_configuration.image`.",
}

DEPLOYMENTS: Final[Neighbours] = {
    "name": _NAME,
    "properties.model": "model",
    "properties.sku": "sku",
    "properties.versionUpgradeOption": "version_upgrade_option",
    "properties.raiPolicyName": "rai_policy_name",
    "properties.spilloverDeploymentName": "spillover_deployment_name",
    "properties": "Its keys stand one level up: `model`, `version_upgrade_option`, `rai_policy_name`, …",
    "scaleSettings": "sku",
    "scale_settings": "sku",
    "sku": "Write a mapping: `sku: {name: GlobalStandard, capacity: 10}`.",
    "skuName": "sku.name",
    "sku_name": "sku.name",
    "skuCapacity": "sku.capacity",
    "sku_capacity": "sku.capacity",
    "capacity": "sku.capacity",
    "model": 'Write a mapping: `model: {format: OpenAI, name: gpt-4o, version: "2024-11-20"}`.',
    "modelName": "model.name",
    "model_name": "model.name",
    "modelFormat": "model.format",
    "modelVersion": "model.version",
    "version": "model.version",
    "format": "model.format",
    "contentFilter": "rai_policy_name",
}

STORES: Final[Neighbours] = {
    "name": _NAME,
    "definition": "Its keys stand one level up: `chat_model`, `embedding_model`, `options`.",
    "model": "chat_model",
    "embedding": "embedding_model",
    "userProfileEnabled": "options.user_profile_enabled",
    "userProfileDetails": "options.user_profile_details",
    "chatSummaryEnabled": "options.chat_summary_enabled",
    "user_profile_enabled": "options.user_profile_enabled",
    "user_profile_details": "options.user_profile_details",
    "chat_summary_enabled": "options.chat_summary_enabled",
    "procedural_memory_enabled": "options.procedural_memory_enabled",
    "default_ttl_seconds": "options.default_ttl_seconds",
}
