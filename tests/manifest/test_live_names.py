"""Entries whose key is another name than that of what is live."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from provisioner.kinds import KINDS
from provisioner.kinds.live_names import Names
from provisioner.manifest.keys import keys_for
from provisioner.manifest.write import dump
from provisioner.model.address import Address
from provisioner.model.diagnostic import Severity
from provisioner.model.document import Json, without
from provisioner.model.resource import Desired
from provisioner.model.write_only import version_of
from tests.kinds.samples import MODELS, every
from tests.manifest.manifests import ENDPOINT, HEAD, HEAD_LINES, brief, load_text, manifest_of

NAMED = """\
rai_blocklists:
  words: {live_name: the-words, description: Bad ones.}
rai_policies:
  strict:
    live_name: the-policy
    base_policy_name: Microsoft.DefaultV2
    custom_blocklists: [{blocklist_name: WORDS, blocking: true, source: Prompt}]
deployments:
  chat: {live_name: gpt-4, model: {format: OpenAI, name: gpt-4.1-mini}, sku: {name: Standard}, rai_policy_name: Strict}
  embed:
    live_name: ${env:FOUNDRY_EMBED:-ada}
    model: {format: OpenAI, name: text-embedding-3-large}
    sku: {name: Standard}
connections:
  site: {live_name: the-site, category: CustomKeys, target: "https://example.com", auth_type: None}
stores:
  my prefs: {live_name: dev-prefs, chat_model: chat, embedding_model: embed}
agents:
  a_buddy:
    live_name: buddy
    model: chat
    instructions: Help.
    rai_config: {rai_policy_name: strict}
    tools:
      - {type: memory_search_preview, memory_store_name: my prefs, scope: all}
      - type: openapi
        openapi:
          name: x
          spec: {openapi: 3.0.0}
          auth: {type: project_connection, security_scheme: {project_connection_id: site}}
  far: {model: site/gpt, instructions: Help.}
"""


def test_references_use_the_key_and_requests_the_live_name(tmp_path: Path) -> None:
    resources = manifest_of(load_text(tmp_path, HEAD + NAMED)).resources

    assert sorted(map(str, resources)) == [
        "agents/buddy",
        "agents/far",
        "connections/the-site",
        "deployments/ada",
        "deployments/gpt-4",
        "rai_blocklists/the-words",
        "rai_policies/the-policy",
        "stores/dev-prefs",
    ]
    buddy, store = resources[Address("agents", "buddy")], resources[Address("stores", "dev-prefs")]
    assert (store.fields["chat_model"], store.fields["embedding_model"]) == ("gpt-4", "ada")
    assert (buddy.fields["model"], buddy.fields["rai_config"]["rai_policy_name"]) == ("gpt-4", "the-policy")
    memory, web = buddy.fields["tools"]
    assert memory["memory_store_name"] == "dev-prefs"
    assert web["openapi"]["auth"]["security_scheme"]["project_connection_id"] == "the-site"
    assert resources[Address("agents", "far")].fields["model"] == "the-site/gpt"
    assert resources[Address("deployments", "gpt-4")].fields["rai_policy_name"] == "the-policy"
    blocklists = resources[Address("rai_policies", "the-policy")].fields["custom_blocklists"]
    assert [it["blocklist_name"] for it in blocklists] == ["the-words"]
    assert sorted(map(str, buddy.needs)) == [
        "connections/the-site",
        "deployments/gpt-4",
        "rai_policies/the-policy",
        "stores/dev-prefs",
    ]


def test_places_are_those_of_the_key(tmp_path: Path) -> None:
    store = manifest_of(load_text(tmp_path, HEAD + NAMED)).resources[Address("stores", "dev-prefs")]

    assert store.key_address == Address("stores", "my prefs")
    assert store.where is not None
    assert store.where.path == "stores.my prefs"
    place = store.at("chat_model")
    assert place is not None
    assert place.path == "stores.my prefs.chat_model"


def test_a_live_name_that_is_the_key_says_nothing(tmp_path: Path) -> None:
    said = manifest_of(load_text(tmp_path, HEAD + "agents: {a: {live_name: a, model: c/d, instructions: x}}\n"))
    unsaid = manifest_of(load_text(tmp_path, HEAD + "agents: {a: {model: c/d, instructions: x}}\n"))

    assert said.resources == unsaid.resources
    assert said.resources[Address("agents", "a")].key == ""


def test_an_external_resource_may_have_one_whatever_it_is(tmp_path: Path) -> None:
    text = "stores: {theirs: {external: true, live_name: 'a b?c'}, others: {external: true, live_name: '..'}}\n"
    loaded = load_text(tmp_path, HEAD + text)

    assert brief(loaded) == [f"m.yaml:{HEAD_LINES + 1}:92 bad-name"]
    resources = manifest_of(load_text(tmp_path, HEAD + text.replace("..", "x"))).resources
    assert Address("stores", "a b?c") in resources


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param(
            "agents:\n  a: {live_name: x, model: c/d}\n  b: {live_name: x, model: c/d}\n",
            "3:18 live-name-twice",
            id="two with one live name",
        ),
        pytest.param(
            "agents:\n  a: {live_name: b, model: c/d}\n  b: {model: c/d}\n", "3:3 live-name-twice", id="that of a key"
        ),
        pytest.param(
            "rai_blocklists:\n  a: {live_name: X}\n  b: {live_name: x}\n", "3:18 live-name-twice", id="ignoring case"
        ),
        pytest.param("agents:\n  a: {live_name: x_y, model: c/d}\n", "2:18 bad-name", id="no name of the service"),
        pytest.param("agents:\n  a: {live_name: '', model: c/d}\n", "2:18 bad-name", id="empty"),
        pytest.param("agents:\n  a: {live_name: 7, model: c/d}\n", "2:18 wrong-type", id="no text"),
        pytest.param("agents:\n  a: {live_name: 7, external: true}\n", "2:18 wrong-type", id="no text, external"),
        pytest.param("agents:\n  a/b: {live_name: x, model: c/d}\n", "2:3 bad-name", id="a key that is a path"),
        pytest.param(
            "rai_policies:\n  microsoft.x: {live_name: strict, base_policy_name: Microsoft.DefaultV2}\n",
            "2:3 built-in-policy",
            id="a key that means something else",
        ),
        pytest.param("agents:\n  ..: {live_name: x, model: c/d}\n", "2:3 bad-name", id="no key"),
        pytest.param(
            "rai_policies:\n  a: {live_name: Microsoft.Default, base_policy_name: Microsoft.DefaultV2}\n",
            "2:3 built-in-policy",
            id="the service's own",
        ),
        pytest.param(
            "connections:\n  site: {external: true, live_name: x-site}\nagents:\n  a: {model: x-site/m}\n",
            "4:14 unknown-reference",
            id="referred to by its live name",
        ),
        pytest.param(
            "rai_policies:\n  a: {live_name: strict, base_policy_name: Microsoft.DefaultV2}\n"
            "agents:\n  a: {model: c/d, rai_config: {rai_policy_name: STRICT}}\n",
            "4:49 unknown-reference",
            id="by its live name in other letters",
        ),
    ],
)
def test_what_is_wrong_is_told_at_its_place(tmp_path: Path, text: str, found: str) -> None:
    line, rest = found.split(":", 1)

    assert brief(load_text(tmp_path, HEAD + text)) == [f"m.yaml:{HEAD_LINES + int(line)}:{rest}"]


def test_two_may_have_changed_names(tmp_path: Path) -> None:
    text = "agents:\n  a: {live_name: b, model: c/d}\n  b: {live_name: a, model: e/f}\n"
    resources = manifest_of(load_text(tmp_path, HEAD + text)).resources

    assert resources[Address("agents", "b")].fields["model"] == "c/d"
    assert resources[Address("agents", "a")].key == "b"


def test_an_unknown_variable_in_it_is_no_name(tmp_path: Path) -> None:
    text = 'agents: {a: {live_name: "${env:FOUNDRY_X}", model: c/d}}\n'
    loaded = load_text(tmp_path, HEAD + text, unset=Severity.WARNING)

    assert [it.code for it in loaded.diagnostics] == ["env-unset"]


def test_an_id_names_what_is_live(tmp_path: Path) -> None:
    target = "/subscriptions/s/resourceGroups/g/providers/M/accounts/a/raiPolicies/the-policy"
    text = f"""\
rai_policies: {{strict: {{live_name: the-policy, base_policy_name: Microsoft.DefaultV2}}}}
deployments: {{dd: {{model: {{format: OpenAI, name: gpt-4.1}}, sku: {{name: Standard}}, rai_policy_name: {target}}}}}
"""
    deployment = manifest_of(load_text(tmp_path, HEAD + text)).resources[Address("deployments", "dd")]

    assert deployment.fields["rai_policy_name"] == target
    assert deployment.needs == {Address("rai_policies", "the-policy")}


EVERY = pytest.mark.parametrize(
    ("section", "entry", "beside"),
    [
        pytest.param(samples.section, entry, samples.beside, id=f"{samples.section}-{number}")
        for samples in every().values()
        for number, entry in enumerate(samples.full)
    ],
)


@EVERY
def test_whatever_its_keys_are_a_manifest_with_live_names_means_the_same(
    tmp_path: Path, section: str, entry: Json, beside: Mapping[Address, Json]
) -> None:
    kind = KINDS[section]
    others = {it.target: {"external": True} for it in kind.references(kind.desired(entry)) if not it.by_id}
    live: dict[Address, Json] = {**others, **beside, Address(section, "thing"): entry}
    keys = {address: Address(address.kind, f"The key {number}: é!") for number, address in enumerate(live)}
    plain = _loaded(tmp_path, {at: _written(at, it, Names({})) for at, it in live.items()})
    keyed = {keys[at]: {"live_name": at.name, **_written(at, it, Names(keys))} for at, it in live.items()}

    assert {at: replace(it, key="", where=None) for at, it in _loaded(tmp_path, keyed).items()} == plain


def _written(address: Address, entry: Json, names: Names) -> Json:
    """Without what no manifest says but by variables."""
    if entry == {"external": True}:
        return entry
    kind = KINDS[address.kind]
    unsaid = kind.traits.write_only
    fields = without(kind.desired(entry), (*unsaid, *map(version_of, unsaid)))
    return dict(kind.entry(names.fields(kind, fields)))


def _loaded(folder: Path, entries: Mapping[Address, Json]) -> Mapping[Address, Desired]:
    project = {"endpoint": ENDPOINT, "subscription_id": "sub", "resource_group": "group"}
    manifest = manifest_of(load_text(folder, dump(name="team", project=project, entries=entries)))
    return {at: replace(it, where=None) for at, it in manifest.resources.items()}


# -- back again


def test_names_are_put_back_as_the_keys(tmp_path: Path) -> None:
    resources = manifest_of(load_text(tmp_path, HEAD + NAMED)).resources
    to_keys = Names({at: it.key_address for at, it in resources.items() if it.key})
    to_live = Names({it.key_address: at for at, it in resources.items() if it.key})

    for it in resources.values():
        kind = KINDS[it.address.kind]
        there = to_keys.fields(kind, it.fields)
        assert to_live.fields(kind, there) == it.fields
        assert all(each.target not in resources or not resources[each.target].key for each in kind.references(there))


def test_keys_are_found_for_what_can_be_none() -> None:
    live = [Address("stores", name) for name in ("a", "a\x07", "a-", "..", "b\u202ec", "b-c")]

    assert keys_for(live, taken={Address("stores", "a"), Address("stores", "unnamed")}) == {
        Address("stores", "a"): Address("stores", "a-2"),
        Address("stores", "a\x07"): Address("stores", "a-3"),
        Address("stores", ".."): Address("stores", "unnamed-2"),
        Address("stores", "b\u202ec"): Address("stores", "b-c-2"),
    }
    assert keys_for([Address(at.kind, at.name) for at in MODELS]) == {}
