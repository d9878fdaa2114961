"""`policy:` in manifests, and files of policies beside them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from provisioner.manifest.draft import Options
from provisioner.manifest.policies import read_policies
from provisioner.manifest.rendering import render
from provisioner.model.diagnostic import Location
from provisioner.model.policy import Policy
from tests.manifest.manifests import HEAD, HEAD_LINES, MODELS, brief, full, load_files, load_text, manifest_of

HOSTS = "policy: {allowed_hosts: [acc.services.ai.azure.com, management.azure.com]}\n"


def test_a_manifest_without_a_policy_restricts_nothing(tmp_path: Path) -> None:
    assert manifest_of(load_text(tmp_path, f"{HEAD}policy:\n{MODELS}")).policy == Policy()


def test_the_policy_and_where_each_rule_is_said(tmp_path: Path) -> None:
    text = f"{HEAD}policy:\n  max_deletes: 1\n  allow_adopt: false\n  protected: false\n  require_plan: true\n{MODELS}"

    policy = manifest_of(load_text(tmp_path, text)).policy

    assert (policy.max_deletes, policy.allow_adopt, policy.protected, policy.require_plan) == (1, False, False, True)
    file = str(tmp_path / "m.yaml")
    assert policy.where("max_deletes") == Location(file=file, line=HEAD_LINES + 2, column=3, path="policy.max_deletes")
    assert policy.where("protected") is None


def test_of_several_files_the_strictest_rule_holds(tmp_path: Path) -> None:
    one, two = tmp_path / "one.yaml", tmp_path / "two.yaml"
    one.write_text(f"{HEAD}policy: {{max_deletes: 2, protected: true}}\n{MODELS}", encoding="utf-8")
    two.write_text("version: 1\npolicy: {max_deletes: 0, protected: false}\n", encoding="utf-8")

    policy = manifest_of(load_files([one, two])).policy

    assert (policy.max_deletes, policy.protected) == (0, True)
    places = [policy.where("max_deletes"), policy.where("protected")]
    assert [at.file for at in places if at is not None] == [str(two), str(one)]


def test_the_command_narrows_what_the_manifest_says(tmp_path: Path) -> None:
    text = f"{HEAD}policy: {{max_deletes: 2, allow_adopt: true}}\n{MODELS}"
    outside = Policy.of({"max_deletes": 1, "allow_adopt": False})

    assert manifest_of(load_text(tmp_path, text, policy=outside)).policy.rules == outside.rules
    assert manifest_of(load_text(tmp_path, text, policy=Policy.of({"max_deletes": 5}))).policy.max_deletes == 2


@pytest.mark.parametrize(
    ("rules", "told"),
    [
        ("max_deletes: -1", "m.yaml:5:16 error out-of-range\n  `max_deletes` is the number -1"),
        ("max_deletes: none", "m.yaml:5:16 error wrong-type\n  `max_deletes` is the text"),
        ("protected: 1", "m.yaml:5:14 error wrong-type\n  `protected` is the number 1"),
        (
            "protect: true",
            'm.yaml:5:3 error unknown-key\n  The key "protect" is not known.\n  Did you mean "protected"?',
        ),
        ("allowed_hosts: a.example", "m.yaml:5:18 error wrong-type\n  `allowed_hosts` is the text"),
        ('allowed_hosts: ["https://a.example/x"]', "m.yaml:5:19 error bad-value\n  `allowed_hosts.0` is the text"),
        ('allowed_hosts: ["*.example"]', "Write a host, or a host and a port"),
    ],
)
def test_what_is_wrong_with_it_is_told_at_its_place(tmp_path: Path, rules: str, told: str) -> None:
    assert told in full(load_text(tmp_path, f"{HEAD}policy:\n  {rules}\n{MODELS}"))


def test_it_may_be_made_of_variables_that_may_be_shown(tmp_path: Path) -> None:
    text = f"{HEAD}policy: {{max_deletes: '${{env:FOUNDRY_MOST}}', protected: '${{env:FOUNDRY_PROTECTED}}'}}\n{MODELS}"

    loaded = load_text(tmp_path, text, environ={"FOUNDRY_MOST": "1", "FOUNDRY_PROTECTED": "true"})

    assert manifest_of(loaded).policy.rules == Policy(max_deletes=1, protected=True).rules
    wrong = load_text(tmp_path, text, environ={"FOUNDRY_MOST": "many", "FOUNDRY_PROTECTED": "true"})
    assert brief(wrong) == ["m.yaml:4:23 env-bad-value"]


def test_nor_does_a_rule_that_is_not_known_yet_restrict_nothing_unseen(tmp_path: Path) -> None:
    loaded = load_text(tmp_path, f"{HEAD}policy: {{max_deletes: '${{env:FOUNDRY_MOST}}'}}\n{MODELS}", environ={})

    assert brief(loaded) == ["m.yaml:4:23 env-unset"]


def test_a_private_variable_cannot_stand_in_what_every_plan_shows(tmp_path: Path) -> None:
    text = f"{HEAD}policy: {{allowed_hosts: ['${{env:MY_HOST}}']}}\n{MODELS}"

    loaded = load_text(tmp_path, text, environ={"MY_HOST": "hidden.example"}, allow_env=["MY_HOST"])

    assert "bad-value\n  Every plan shows its policy, so ${env:MY_HOST} cannot stand in it." in full(loaded)
    assert "hidden.example" not in full(loaded)


def test_hosts_that_the_policy_allows_are_reached(tmp_path: Path) -> None:
    settings = manifest_of(load_text(tmp_path, f"{HEAD}{HOSTS}{MODELS}")).project

    assert (settings.only_hosts or set()) == {"acc.services.ai.azure.com", "management.azure.com"}


@pytest.mark.parametrize(
    ("hosts", "options", "told"),
    [
        ("management.azure.com", {}, '`project.endpoint` names the host "acc.services.ai.azure.com", which is none'),
        ("acc.services.ai.azure.com", {}, 'Azure Resource Manager is at the host "management.azure.com", which is'),
        ("", {}, "no token is sent there"),
        (
            "acc.services.ai.azure.com, management.azure.com",
            {"endpoint": "https://other.services.ai.azure.com/api/projects/p"},
            '--project-endpoint names the host "other.services.ai.azure.com"',
        ),
    ],
)
def test_others_are_refused_at_the_place_of_the_rule(
    tmp_path: Path, hosts: str, options: dict[str, Any], told: str
) -> None:
    loaded = load_text(tmp_path, f"{HEAD}policy: {{allowed_hosts: [{hosts}]}}\n{MODELS}", **options)

    assert set(brief(loaded)) == {"m.yaml:4:10 policy-allowed-hosts"}
    assert told in full(loaded)


def test_a_host_that_a_variable_names_is_not_told(tmp_path: Path) -> None:
    text = f"version: 1\nname: team\npolicy: {{allowed_hosts: [a.example]}}\n{MODELS}"
    environ = {"FOUNDRY_PROJECT_ENDPOINT": "https://untold.services.ai.azure.com/api/projects/p"}

    loaded = load_text(tmp_path, text.partition("deployments")[0], environ=environ)

    assert brief(loaded) == ["m.yaml:3:10 policy-allowed-hosts"]
    assert "FOUNDRY_PROJECT_ENDPOINT names a host, which is none" in full(loaded)
    assert "untold" not in full(loaded)


def test_a_policy_allows_no_host_that_is_not_trusted_anyway(tmp_path: Path) -> None:
    head = 'version: 1\nname: t\nproject: {endpoint: "https://evil.example/p"}\n'
    text = f"{head}policy: {{allowed_hosts: [evil.example]}}\n"

    assert brief(load_text(tmp_path, text)) == ["m.yaml:3:21 untrusted-host"]
    assert brief(load_text(tmp_path, text, allow_hosts=["evil.example"])) == []


def test_the_local_foundry_is_none_of_its_hosts(tmp_path: Path) -> None:
    text = f"version: 1\nname: t\npolicy: {{allowed_hosts: [a.example]}}\n{MODELS}"

    assert brief(load_text(tmp_path, text, project_needed=False)) == []


# -- files of their own


def policy_file(folder: Path, text: str, name: str = "policy.yaml") -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("policy.yaml", "max_deletes: 1\nprotected: true\nx-why: because\n"),
        ("policy.json", '{\n\t"max_deletes": 1,\n\t"protected": true\n}\n'),
    ],
)
def test_a_file_holds_the_same_keys_as_yaml_or_json(tmp_path: Path, name: str, text: str) -> None:
    policy, problems = read_policies([policy_file(tmp_path, text, name)])

    assert problems == ()
    assert policy.rules == Policy(max_deletes=1, protected=True).rules
    where = policy.where("protected")
    assert where is not None
    assert (Path(where.file).name, where.path) == (name, "protected")


def test_several_files_hold_together(tmp_path: Path) -> None:
    one = policy_file(tmp_path, "max_deletes: 1\n", "one.yaml")
    two = policy_file(tmp_path, "max_deletes: 2\nallow_adopt: false\n", "two.yaml")

    policies = [read_policies(files)[0] for files in ([one, two], [two, one])]

    assert policies[0] == policies[1]
    assert policies[0].rules == Policy(max_deletes=1, allow_adopt=False).rules


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "1:1 file-empty The policy is empty."),
        ("# nothing\n", "1:1 file-empty The policy is empty."),
        ("- protected\n", "1:1 wrong-type A policy is a mapping; this file holds a list."),
        ("protected: ja\n", '1:12 wrong-type `protected` is the text "ja"; it must be true or false.'),
        ("max_delete: 1\n", '1:1 unknown-key The key "max_delete" is not known.'),
        ("max_deletes: ${env:FOUNDRY_MOST}\n", '1:14 wrong-type `max_deletes` is the text "${env:FOUNDRY_MOST}"'),
        ('allowed_hosts: ["${env:FOUNDRY_HOST}"]\n', "1:17 bad-value"),
        ("max_deletes: 1\nmax_deletes: 2\n", "2:1 duplicate-key"),
        ("protected: [\n", "yaml-syntax"),
        ("policy: {protected: true}\n", '1:1 unknown-key The key "policy" is not known.'),
    ],
)
def test_a_file_that_cannot_be_relied_on_is_told_at_its_place(tmp_path: Path, text: str, told: str) -> None:
    _, problems = read_policies([policy_file(tmp_path, text)])

    found = [f"{it.where.line}:{it.where.column} {it.code} {it.message}" for it in problems if it.where]
    assert told in found[0]
    assert all(it.is_error and it.hint for it in problems)


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    _, problems = read_policies([tmp_path / "none.yaml"])

    assert [it.code for it in problems] == ["file-missing"]


def test_a_file_that_says_nothing_in_so_many_words_is_taken(tmp_path: Path) -> None:
    assert read_policies([policy_file(tmp_path, "{}\n")]) == (Policy(), ())


# -- environments


OVERLAID = f"""\
{HEAD}policy: {{max_deletes: 3}}
environments:
  dev:
  prod: {{policy: {{max_deletes: 0, protected: true}}}}
  far: {{file: env/far.yaml}}
{MODELS}"""


def test_an_environment_says_its_rules_where_they_stand(tmp_path: Path) -> None:
    (tmp_path / "env").mkdir()
    far = tmp_path / "env" / "far.yaml"
    far.write_text("policy:\n  require_plan: true\n", encoding="utf-8")

    policies = {
        name: manifest_of(load_text(tmp_path, OVERLAID, environment=name)).policy for name in ("dev", "prod", "far")
    }

    assert {name: policy.rules for name, policy in policies.items()} == {
        "dev": Policy(max_deletes=3).rules,
        "prod": Policy(max_deletes=0, protected=True).rules,
        "far": Policy(max_deletes=3, require_plan=True).rules,
    }
    where = policies["prod"].where("max_deletes")
    assert where is not None
    assert (where.line, where.column, where.path) == (7, 19, "policy.max_deletes")
    where = policies["far"].where("require_plan")
    assert where is not None
    assert (where.file, where.line, where.column) == (far.as_posix(), 2, 3)


def test_a_rule_that_is_wrong_in_an_environment_is_told_in_it(tmp_path: Path) -> None:
    text = OVERLAID.replace("protected: true", "protect: true").replace("  far: {file: env/far.yaml}\n", "")

    assert brief(load_text(tmp_path, text, environment="dev")) == []
    assert "m.yaml:7:35 error unknown-key" in full(load_text(tmp_path, text, environment="prod"))


# -- rendered


@pytest.mark.parametrize(
    ("one", "two", "both"),
    [
        ("{max_deletes: 2}", "{max_deletes: 0}", {"max_deletes": 0}),
        ("{max_deletes: 2}", "{max_deletes: '${env:FOUNDRY_MOST}'}", None),
        (
            "{max_deletes: '${env:FOUNDRY_MOST}'}",
            "{protected: true}",
            {"max_deletes": "${env:FOUNDRY_MOST}", "protected": True},
        ),
        ("{allow_adopt: false, protected: true}", "{allow_adopt: true}", {"allow_adopt": False, "protected": True}),
        ("{allowed_hosts: [a.b, b.b]}", "{allowed_hosts: [c.b, b.b:1]}", {"allowed_hosts": ["b.b:1"]}),
    ],
)
def test_what_several_files_say_is_rendered_as_the_strictest(
    tmp_path: Path, one: str, two: str, both: dict[str, object] | None
) -> None:
    files = [tmp_path / "one.yaml", tmp_path / "two.yaml"]
    for file, policy in zip(files, (one, two), strict=True):
        file.write_text(f"version: 1\nname: team\npolicy: {policy}\n", encoding="utf-8")

    rendering = render(files, Options(environ={}))

    assert (rendering.rendered.document["policy"] if rendering.rendered is not None else None) == both
    assert [it.code for it in rendering.diagnostics] == (["conflict"] if both is None else [])
