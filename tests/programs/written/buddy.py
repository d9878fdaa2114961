"""Says each argument to the agent `dev-buddy`, in calls that share no history, and prints its answers as JSON.

With `--until WORD` the last of them is said again until the word is in the answer, as an update takes its time. With
`--pause S` there are S seconds between them.
"""

# ruff: noqa: T201  a program speaks by printing
from __future__ import annotations

import argparse
import json
import os
import time

from azure.ai.projects import AIProjectClient
from azure.identity import DefaultAzureCredential


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--until", default="")
    parser.add_argument("--pause", type=float, default=0)
    parser.add_argument("sentences", nargs="+")
    given = parser.parse_args()
    with (
        DefaultAzureCredential() as credential,
        AIProjectClient(os.environ["FOUNDRY_PROJECT_ENDPOINT"], credential) as project,
        project.get_openai_client() as openai,
    ):
        reference = {"agent_reference": {"type": "agent_reference", "name": "dev-buddy"}}

        def say(sentence: str) -> str:
            return openai.responses.create(input=sentence, extra_body=reference).output_text

        answers: list[str] = []
        for sentence in given.sentences:
            time.sleep(given.pause if answers else 0)
            answers.append(say(sentence))
        deadline = time.monotonic() + 60
        while given.until not in answers[-1] and time.monotonic() < deadline:
            time.sleep(2)  # longer than the tool's update_delay, so that asking again does not put off the update
            answers[-1] = say(given.sentences[-1])
    print(json.dumps(answers))


if __name__ == "__main__":
    main()
