"""What a saved plan must look like to be believed, member by member."""

from __future__ import annotations

from typing import Final

from provisioner.model.policy import RULES
from provisioner.model.shape import FLAG, NUMBER, OBJECT, TEXT, Shape, having, needed
from provisioner.saved.holdings import HOLDING
from provisioner.saved.migrations import MIGRATION

_ADDRESS: Final = needed(having(kind=needed(TEXT), name=needed(TEXT)))
_PATH: Final = Shape(word="a list", types=(list,), each=needed(TEXT))


def _many(item: Shape) -> Shape:
    return needed(Shape(word="a list", types=(list,), each=item))


_MARKER: Final = having(owner=needed(TEXT), prevent_destroy=needed(FLAG), on_remove=needed(TEXT))
_LIVE: Final = having(
    marker=_MARKER,
    identity=needed(TEXT),
    revision=needed(TEXT),
    marker_revision=needed(TEXT),
    applied=needed(TEXT),
    fields=needed(OBJECT),
    outside=_many(needed(_PATH)),
)
_DIAGNOSTIC: Final = needed(
    having(
        severity=needed(TEXT),
        code=needed(TEXT),
        message=needed(TEXT),
        hint=needed(TEXT),
        where=having(file=needed(TEXT), line=needed(NUMBER), column=needed(NUMBER), path=needed(TEXT)),
        resources=Shape(word="a list", types=(list,), each=_ADDRESS),
    )
)
_CHANGE: Final = needed(
    having(
        action=needed(TEXT),
        address=_ADDRESS,
        loses_data=needed(FLAG),
        referrers=_many(_ADDRESS),
        reason=needed(TEXT),
        remarks=_many(needed(TEXT)),
        fields=_many(needed(having(path=needed(_PATH), origin=TEXT, forces_replace=needed(FLAG)))),
        needs=_many(_ADDRESS),
        marker=_MARKER,
        live=_LIVE,
        entry=OBJECT,
        key=TEXT,
        holding=HOLDING,
        migration=MIGRATION,
    )
)
PLAN: Final = having(
    tool_version=needed(TEXT),
    made_at=TEXT,
    target=having(
        endpoint=needed(TEXT),
        account=needed(TEXT),
        subscription=needed(TEXT),
        resource_group=needed(TEXT),
        management=needed(TEXT),
        local=needed(FLAG),
        environment=TEXT,
    ),
    owner=needed(TEXT),
    variables=OBJECT,
    lock=having(azure_blob=needed(having(account_url=needed(TEXT), container=needed(TEXT)))),
    scope=having(targets=_many(needed(TEXT)), excludes=_many(needed(TEXT)), out_of_scope=_many(_ADDRESS)),
    digest=needed(TEXT),
    destruction=needed(FLAG),
    options=needed(
        having(
            adopt=needed(FLAG),
            allow_data_loss=_many(needed(TEXT)),
            max_deletes=NUMBER,
            no_delete=needed(FLAG),
            take_over=_many(needed(TEXT)),
            replace=Shape(word="a list", types=(list,), each=needed(TEXT)),
        )
    ),
    policy=having(
        protected=needed(FLAG),
        max_deletes=NUMBER,
        allow_adopt=needed(FLAG),
        require_plan=needed(FLAG),
        allowed_hosts=Shape(word="a list", types=(list,), each=needed(TEXT)),
        said=_many(
            needed(
                having(
                    rule=needed(TEXT),
                    file=needed(TEXT),
                    line=needed(NUMBER),
                    column=needed(NUMBER),
                    path=needed(TEXT),
                )
            )
        ),
    ),
    applicable=needed(FLAG),
    obstacles=_many(needed(TEXT)),
    changes=_many(_CHANGE),
    referred=_many(needed(having(address=_ADDRESS, live=needed(_LIVE), values=needed(OBJECT), scope=OBJECT))),
    unchanged=_many(_ADDRESS),
    left_out=_many(_ADDRESS),
    suspended=Shape(word="a list", types=(list,), each=_CHANGE),
    refusals=_many(_DIAGNOSTIC),
    warnings=_many(_DIAGNOSTIC),
    notes=_many(_DIAGNOSTIC),
)
OPTIONS: Final = frozenset(("adopt", "allow_data_loss", "max_deletes", "no_delete", "take_over", "replace"))
POLICY: Final = frozenset((*RULES, "said"))
MEMBERS: Final = ("format_version", "owner", "digest", "changes")  # what tells it from another tool's JSON
