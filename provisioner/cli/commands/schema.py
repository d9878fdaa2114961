"""`provisioner schema`."""

from __future__ import annotations

import json

import click

from provisioner.cli.terminal import say


@click.command(
    name="schema",
    epilog="Examples:\n\n  provisioner schema > schemas/manifest.v1.schema.json\n\n"
    "  provisioner schema --events > events.v1.schema.json",
)
@click.option("--plan", "what", flag_value="plan", help="That of `plan --format json` instead.")
@click.option("--drift", "what", flag_value="drift", help="That of `drift --format json` instead.")
@click.option("--compare", "what", flag_value="compare", help="That of `compare --format json` instead.")
@click.option("--events", "what", flag_value="events", help="That of a line of `apply --format json` instead.")
@click.option("--log", "what", flag_value="log", help="That of a line of the log instead.")
@click.option("--check", "what", flag_value="check", help="That of `check --format json` instead.")
@click.option("--doctor", "what", flag_value="doctor", help="That of `doctor --format json` instead.")
def command(*, what: str | None) -> int:
    """Print the manifest's JSON Schema.

    Editors complete and explain manifests with it: save it, and name the file in the manifest's first line,
    `# yaml-language-server: $schema=manifest.v1.schema.json`.
    """
    say(json.dumps(_schema(what), indent=2, ensure_ascii=False))
    return 0


def _schema(what: str | None) -> object:
    if what is None:
        from provisioner.manifest.schema import manifest_schema  # noqa: PLC0415 - only the one that is asked for

        return manifest_schema()
    from provisioner.render import json_schemas  # noqa: PLC0415
    from provisioner.render.check_schema import check_schema  # noqa: PLC0415
    from provisioner.render.comparison_schema import comparison_schema  # noqa: PLC0415
    from provisioner.render.log_schema import log_schema  # noqa: PLC0415

    schemas = {
        "plan": json_schemas.plan_schema,
        "drift": json_schemas.drift_schema,
        "compare": comparison_schema,
        "events": json_schemas.events_schema,
        "check": check_schema,
        "doctor": json_schemas.doctor_schema,
        "log": log_schema,
    }
    return schemas[what]()
