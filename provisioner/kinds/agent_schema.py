"""How agents are written in the manifest: every property, and which kind of agent has which."""

from __future__ import annotations

from typing import Any, Final

from provisioner.kinds import fragments as f
from provisioner.kinds.agent_models import MODELS, VARIANTS, VERSION
from provisioner.kinds.published import Published

KIND_NAMES: Final = ("prompt", "workflow", "hosted", "external", "voice")

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
    "voice": (
        "model_type",
        "model",
        "conversation_engine",
        "instructions",
        "greeting",
        "audio",
        "soundscape",
        "output_modalities",
        "max_output_tokens",
        "include",
        "interim_response",
        "avatar",
        "tools",
        "tool_choice",
        "parallel_tool_calls",
        "structured_inputs",
        "subagent_config",
        "store",
        "rai_config",
    ),
}

MEMORY_TOOL: Final = "memory_search_preview"
OLD_MEMORY_TOOL: Final = "memory_search"  # its name until azure-ai-projects 2.0.0b4
MEMORY_TOOLS: Final = (MEMORY_TOOL, OLD_MEMORY_TOOL)
_TOOL_TYPES: Final = {
    **VARIANTS["Tool"][1],
    OLD_MEMORY_TOOL: VARIANTS["Tool"][1][MEMORY_TOOL],
    "toolbox_search_preview": "ToolboxSearchPreviewTool",  # a type that the SDK lists and gives no shape
}

_TOOL_CHOICE: Final = ("~none", "~auto", "~required", "ToolChoiceParam")

PUBLISHED: Final = Published(
    source=f"As published by azure-ai-projects {VERSION}.",
    models={
        **MODELS,
        "ToolboxSearchPreviewTool": {},
        # OpenAI's API reference; the SDK has it as any text.
        "PromptAgentDefinition": {**MODELS["PromptAgentDefinition"], "tool_choice": _TOOL_CHOICE},
    },
    variants={**VARIANTS, "Tool": ("type", _TOOL_TYPES)},
    closed={"Tool": "tool", "TextResponseFormat": "answer format"},
    waived=frozenset(
        {
            # The SDK asks for them, but they have a default (its own docstrings, OpenAI's API reference).
            ("FunctionTool", "strict"),
            ("FunctionTool", "parameters"),
            ("StructuredOutputDefinition", "strict"),
            ("CodeConfiguration", "dependency_resolution"),
            # `agent_checks` has better words for these.
            ("MemorySearchPreviewTool", "memory_store_name"),
            ("MemorySearchPreviewTool", "scope"),
        }
    ),
    long_texts=frozenset({"description", "server_description", "instructions", "definition", "text"}),
)


def _passed_through(wanted: Any, description: str, **known: Any) -> dict[str, Any]:
    """The published types; what we know better of some of the keys goes over them."""
    schema = PUBLISHED.schema(wanted)
    properties = {**schema.get("properties", {}), **known}
    return {**schema, "description": description, **({"properties": properties} if properties else {})}


_TOOL: Final[dict[str, Any]] = {
    **_passed_through(
        ("Tool", "VoiceAgentTool"),
        "A tool, written as the API takes it.",
        type=f.text("What kind of tool.", examples=sorted(_TOOL_TYPES)),
    ),
    "required": ["type"],
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
    "description": f.text_or_file("Shown in the portal.", maxLength=512),
    "metadata": f.pairs("Your own labels, part of each version."),
    "model": f.text("Name of the deployment that answers, or `<connection>/<model>`.", examples=["gpt-5.4-mini"]),
    "instructions": f.text_or_file(
        "The system prompt, or the file that holds it (inside the manifest's folder).",
        examples=["You are a developer's assistant.", {"file": "prompts/dev-buddy.md"}],
    ),
    "temperature": f.number("Sampling temperature.", minimum=0, maximum=2),
    "top_p": f.number("Nucleus sampling.", minimum=0, maximum=1),
    "reasoning": f.mapping(
        "For reasoning models.",
        {
            **PUBLISHED.schema("Reasoning")["properties"],
            "effort": f.text("How much.", examples=["low", "medium", "high"]),
            "summary": f.text("What is told of it."),
        },
        **{"$comment": PUBLISHED.source},
    ),
    "tools": {"type": "array", "items": _TOOL, "maxItems": 128, "description": "What the agent may use."},
    "tool_choice": {
        "description": "Whether and which tool must be used.",
        "oneOf": [{"type": "string"}, {"type": "object"}],
        "examples": ["auto", "required"],
    },
    "text": _passed_through("PromptAgentDefinitionTextOptions", "Output format, for structured answers."),
    "structured_inputs": {
        "type": "object",
        "description": "Inputs that callers fill in.",
        "additionalProperties": f.mapping(
            "One input.",
            {
                "description": f.text_or_file("What it is."),
                "default_value": {"description": "Used when the caller gives none."},
                "schema": f.document("Its JSON Schema."),
                "required": f.flag("Whether callers must give it.", default=False),
            },
        ),
    },
    "harness": {"description": "Passed through as it is.", "type": ["object", "string"]},
    "skills": {"type": "array", "description": "Passed through as they are."},
    "rai_config": _passed_through(
        "RaiConfig",
        "Content filter; `rai_policy_name` takes the policy's full ARM id.",
        rai_policy_name=f.text("ARM id of the policy."),
    ),
    "workflow": f.text_or_file("The workflow as YAML text, or the file that holds it (workflow agents)."),
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
            "registry_connection_id": f.text("Connection to the registry, by its name."),
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
    "model_type": f.text("Whose model answers a voice agent's callers.", examples=["managed", "self_deployed"]),
    "conversation_engine": _passed_through("VoiceConversationEngine", "What answers instead of a model."),
    "greeting": _passed_through("VoiceAgentGreetingConfig", "How a voice agent begins."),
    "audio": _passed_through("VoiceAgentAudioConfig", "What a voice agent hears and how it sounds."),
    "soundscape": _passed_through("VoiceAgentSoundscapeConfig", "Sounds in the background of a call."),
    "output_modalities": {"type": "array", "items": {"type": "string"}, "description": "What a voice agent makes."},
    "max_output_tokens": {
        "type": ["integer", "string"],
        "description": "The most tokens of one answer of a voice agent, or `inf`.",
    },
    "include": {"type": "array", "items": {"type": "string"}, "description": "What else a session tells."},
    "interim_response": _passed_through("VoiceAgentInterimResponseConfig", "What is said until the answer is there."),
    "avatar": _passed_through("VoiceAgentAvatarConfig", "The face of a voice agent."),
    "parallel_tool_calls": f.flag("Whether several tools may be called at once."),
    "subagent_config": _passed_through("VoiceAgentSubagentConfig", "Agents that a voice agent may hand over to."),
    "store": f.flag("Whether the service keeps the conversations."),
    "otel_agent_id": f.text("Telemetry id of an external agent; the agent's name when left out."),
    "draft": f.flag("Make a draft version, which takes no traffic.", default=False),
    "blueprint_reference": f.anything("Passed through as it is."),
    "state": {"enum": ["enabled", "disabled"], "description": "A disabled agent answers 403."},
    "agent_endpoint": f.anything("Traffic between versions, protocols and authorisation; sent as a merge patch."),
    "agent_card": f.anything("What the agent tells other agents about itself; sent as a merge patch."),
}
