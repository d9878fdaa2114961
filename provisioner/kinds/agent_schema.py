"""How agents are written in the manifest: every property, and which kind of agent has which."""

from __future__ import annotations

from typing import Any, Final

from provisioner.kinds import fragments as f

KIND_NAMES: Final = ("prompt", "workflow", "hosted", "external")

DEFINITIONS: Final[dict[str, tuple[str, ...]]] = {
    "prompt": (
        "model",
        "instructions",
        "temperature",
        "top_p",
        "reasoning",
        "tools",
        "tool_choice",
        "text",
        "structured_inputs",
        "harness",
        "skills",
        "rai_config",
    ),
    "workflow": ("workflow", "rai_config"),
    "hosted": (
        "cpu",
        "memory",
        "environment_variables",
        "container_configuration",
        "code_configuration",
        "protocol_versions",
        "telemetry_config",
        "session_configuration",
        "enable_memory_snapshot",
        "rai_config",
        "image",
        "container_protocol_versions",
    ),
    "external": ("otel_agent_id", "rai_config"),
}

_TOOL: Final[dict[str, Any]] = {
    "type": "object",
    "description": "A tool, written as the API takes it. Types that are not known here are passed through as they are.",
    "required": ["type"],
    "properties": {
        "type": f.text(
            "What kind of tool.",
            examples=[
                "memory_search",
                "function",
                "file_search",
                "code_interpreter",
                "web_search",
                "mcp",
                "openapi",
            ],
        )
    },
    "if": {"properties": {"type": {"enum": ["memory_search", "memory_search_preview"]}}},
    "then": {
        "properties": {
            "type": {},
            "memory_store_name": f.text("One of the manifest's stores.", examples=["dev-prefs-memory"]),
            "scope": f.text(
                "Whose memories. `{{$userId}}` keeps every caller's apart.",
                examples=["{{$userId}}", "team_blue"],
            ),
            "update_delay": f.whole("Seconds of quiet before a conversation is remembered.", minimum=0, default=300),
            "search_options": f.anything(
                "How memories are searched.",
                properties={"max_memories": f.whole("At most so many memories.", minimum=1)},
            ),
        },
    },
}

PROPERTIES: Final[dict[str, Any]] = {
    "kind": {
        "enum": list(KIND_NAMES),
        "default": "prompt",
        "description": "What sort of agent. A change replaces it.",
    },
    "description": f.text("Shown in the portal.", maxLength=512),
    "metadata": f.pairs("Your own labels, part of each version."),
    "model": f.text("Name of the deployment that answers, or `<connection>/<model>`.", examples=["gpt-5.4-mini"]),
    "instructions": {
        "description": "The system prompt, or the file that holds it (inside the manifest's folder).",
        "oneOf": [
            {"type": "string"},
            f.mapping(
                "A text file.",
                {"file": f.text("Its path.", examples=["prompts/dev-buddy.md"])},
                required=["file"],
            ),
        ],
        "examples": ["You are a developer's assistant.", {"file": "prompts/dev-buddy.md"}],
    },
    "temperature": f.number("Sampling temperature.", minimum=0, maximum=2),
    "top_p": f.number("Nucleus sampling.", minimum=0, maximum=1),
    "reasoning": f.mapping(
        "For reasoning models.",
        {
            "effort": f.text("How much.", examples=["low", "medium", "high"]),
            "summary": f.text("What is told of it."),
        },
    ),
    "tools": {"type": "array", "items": _TOOL, "maxItems": 128, "description": "What the agent may use."},
    "tool_choice": {
        "description": "Whether and which tool must be used.",
        "oneOf": [{"type": "string"}, {"type": "object"}],
        "examples": ["auto", "required"],
    },
    "text": f.anything("Output format, for structured answers."),
    "structured_inputs": {
        "type": "object",
        "description": "Inputs that callers fill in.",
        "additionalProperties": f.mapping(
            "One input.",
            {
                "description": f.text("What it is."),
                "default_value": {"description": "Used when the caller gives none."},
                "schema": f.anything("Its JSON Schema."),
                "required": f.flag("Whether callers must give it.", default=False),
            },
        ),
    },
    "harness": {"description": "Passed through as it is.", "type": ["object", "string"]},
    "skills": {"type": "array", "description": "Passed through as they are."},
    "rai_config": f.anything(
        "Content filter; `rai_policy_name` takes the policy's full ARM id.",
        properties={"rai_policy_name": f.text("ARM id of the policy.")},
    ),
    "workflow": f.text("The workflow as YAML text (workflow agents)."),
    "cpu": f.text("Cores of a hosted agent.", examples=["1"]),
    "memory": f.text("Memory of a hosted agent.", examples=["2Gi"]),
    "environment_variables": {
        "type": "object",
        "additionalProperties": {"type": "string"},
        "description": "Environment of a hosted agent. Not for secrets: they can be read in the portal.",
    },
    "container_configuration": f.anything(
        "The image of a hosted agent.",
        properties={
            "image": f.text("Registry path with tag or digest."),
            "registry_connection_id": f.text("Connection."),
        },
    ),
    "code_configuration": f.anything(
        "The code of a hosted agent.",
        properties={
            "runtime": f.text("Language runtime."),
            "entry_point": {"type": "array", "items": {"type": "string"}, "description": "Command line."},
            "dependency_resolution": {
                "enum": ["bundled", "remote_build"],
                "description": "Where packages come from.",
            },
        },
    ),
    "protocol_versions": {
        "type": "array",
        "items": f.anything("Protocol and version."),
        "description": "What a hosted agent speaks.",
    },
    "telemetry_config": f.anything("Passed through as it is."),
    "session_configuration": f.anything(
        "Sessions of a hosted agent.",
        properties={"idle_timeout_seconds": f.whole("End idle sessions after.", minimum=300, maximum=3600)},
    ),
    "enable_memory_snapshot": f.flag("Keep the memory of idle sessions."),
    "image": f.text("Older form of container_configuration.image."),
    "container_protocol_versions": {
        "type": "array",
        "items": f.anything("Protocol and version."),
        "description": "Older form of protocol_versions.",
    },
    "otel_agent_id": f.text("Telemetry id of an external agent; the agent's name when left out."),
    "draft": f.flag("Make a draft version, which takes no traffic.", default=False),
    "blueprint_reference": f.anything("Passed through as it is."),
    "state": {"enum": ["enabled", "disabled"], "description": "A disabled agent answers 403."},
    "agent_endpoint": f.anything("Traffic between versions, protocols and authorisation; sent as a merge patch."),
    "agent_card": f.anything("What the agent tells other agents about itself; sent as a merge patch."),
}
