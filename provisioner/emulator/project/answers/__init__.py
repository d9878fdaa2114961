"""Agents that answer: responses, conversations, chat completions and embeddings, as OpenAI clients ask for them.

A request is read, then the model is asked outside of any transaction, then what came of it is written. Two doors
lead here: `/openai/v1`, where the body names the agent, and the endpoint of one agent. Tools other than functions
and memory are accepted and not run; the header `x-emulator-tools-not-run` of the answer names them.
"""

from __future__ import annotations

from provisioner.emulator.project.answers.routes import FAMILY

__all__ = ["FAMILY"]
