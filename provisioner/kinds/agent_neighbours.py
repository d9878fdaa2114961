"""What azd's and AgentSchema's files call the keys of an agent: see `neighbours`."""

from __future__ import annotations

from typing import Final

from provisioner.kinds.neighbours import NAME, Neighbours

_NO_LIMIT: Final = "no setting of a prompt agent; remove it, and say it in each call."

AGENTS: Final[Neighbours] = {
    "name": NAME,
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
