"""Every diagnostic code, and what it says. Codes are stable: scripts and suppressions name them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from provisioner.kinds import KINDS

CODES: Final[Mapping[str, str]] = {
    **{code: said for kind in KINDS.values() for code, said in kind.codes.items()},
    # files
    "file-missing": "There is no such file.",
    "file-unreadable": "The file or folder is there but cannot be read.",
    "file-empty": "The file holds no manifest.",
    "file-too-big": "The file is larger than a manifest, or a text for one, can be.",
    "no-files": "The folder holds no YAML file.",
    "not-utf8": "The file is not UTF-8 text.",
    "control-character": "The file holds a character that cannot stand in text.",
    "bad-path": "A path is absolute, or it or a link leads out of the manifest's folder, to what is hidden or no file.",
    # YAML
    "yaml-syntax": "The file is not YAML from here on.",
    "json-syntax": "The file is not JSON from here on.",
    "yaml-ambiguous": "An unquoted word or number means different things to different YAML readers.",
    "yaml-tag": "A YAML tag is used that a manifest does not know.",
    "duplicate-key": "A mapping has the same key twice.",
    "key-not-text": "A key is a number, a mapping or something else that is not text.",
    "merge-not-mapping": "`<<` is given something other than mappings.",
    "alias-unknown": "An alias stands for an anchor that is not defined above it.",
    "alias-loop": "An alias stands inside what it stands for.",
    "manifest-too-big": "All files together are more than a manifest can be.",
    "more-problems": "There are more problems of one sort than are told one by one.",
    "alias-bomb": "Aliases expand to more values than a manifest can have.",
    "too-deep": "The file is nested deeper than a manifest can be.",
    "several-documents": "The file holds more than one YAML document.",
    # variables
    "env-unset": "A variable is not set and has no default.",
    "env-not-allowed": "A variable is not on the list of those a manifest may read.",
    "env-malformed": "`${env:` is not followed by a name and `}`.",
    "env-bad-value": "A variable stands where a number or boolean is wanted, and is none.",
    "env-not-text": "A variable holds bytes that are not text.",
    "dotenv-syntax": "A line of the .env file is not NAME=value.",
    "placeholder": "`${NAME}` is written where `${env:NAME}` may be meant.",
    # shape
    "unknown-key": "The key is not one that is known here.",
    "missing-key": "A key that is needed is not there.",
    "wrong-type": "The value is of another type than the one wanted.",
    "bad-value": "The value is not one of those allowed.",
    "out-of-range": "The number is too small or too large.",
    "too-long": "The text or list is longer than the service takes.",
    "bad-name": "The name breaks the service's or the manifest's rule for names.",
    "external-key": "An external resource has a key beside `external: true`.",
    "unknown-field": "`lifecycle.ignore` names a field that there cannot be.",
    # the manifest as a whole
    "duplicate-resource": "A resource is defined in two places.",
    "conflict": "Two files say different things where the manifest has one value.",
    "untrusted-host": "An endpoint's host is none of Azure's, and none that was allowed.",
    "environment-overridden": "The manifest's project or name is another one than the environment says.",
    "bad-endpoint": "An endpoint is not a URL that may be used.",
    "unknown-reference": "A resource is named that the manifest does not define.",
    "wrong-model-kind": "A chat model is named where an embedding model is wanted, or the other way round.",
    "reference-cycle": "Resources need each other in a circle.",
    "secret-in-manifest": "A secret stands in the manifest itself instead of in a variable.",
    "write-only-version": "Values that are never read back have no version beside them, or a version has no values.",
    # several kinds; those of single ones are their own
    "metadata-limit": "There are more metadata pairs or tags than the service takes beside the marker.",
    "reserved-name": "A metadata key or tag is one of the tool's own.",
    "unpublished": "A key or value is none that the service publishes. It is sent as it is.",
    # refusals of a plan
    "external-missing": "A resource declared external does not exist.",
    "foreign-owner": "The live resource belongs to another manifest.",
    "live-twice": "The manifest owns two live resources of one name, in different scopes; only one of them is planned.",
    "prevent-destroy": "A protected resource would be deleted or replaced.",
    "still-referred": "A resource would be deleted that something declared still names.",
    "data-loss": "A store, and the memories in it, would be deleted or replaced.",
    "needs-adopt": "A live resource without an owner would be taken over.",
    "too-many-deletes": "More resources would be deleted or replaced than are allowed at once.",
    "secret-not-compared": "A field may hold a new secret, and the service does not show it, so it cannot be compared.",
    "name-of-others": "Nothing that the manifest's name owns is declared in it, and all of that would go.",
    "nothing-declared": "The manifest declares nothing of its own, and all that its owner has would be deleted.",
    "unreadable-object": "What the service shows of a live resource cannot be read.",
    # warnings of a plan
    "reference-missing": "A resource is named that is neither declared nor live.",
    "ignored-difference": "A field differs from the manifest, and `lifecycle.ignore` leaves it as it is.",
    "left-out": "A deletion or replacement is left out, as --no-delete says.",
    "left-external": "A live resource of this owner is declared external, so destroy leaves it alone.",
    "not-taken-over": "A live resource of an owner that is taken over is not declared here, and stays with it.",
}
