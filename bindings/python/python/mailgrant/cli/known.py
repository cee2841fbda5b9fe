"""Who and what there is in a directory, over all organisations.

The directory lists what is in an organisation, and not the organisations themselves. The feed of changes names every
organisation and person that ever was, so they are read from there: that costs a pass over all of the history.
"""

from __future__ import annotations

from collections.abc import Iterator

from mailgrant import Directory, NotFound, OrganisationId, System, UserId
from mailgrant.types import Organisation, User

HOST = System("cli")
"""Who acts where nobody is named."""
PAGE = 1_000


def organisations(directory: Directory) -> Iterator[Organisation]:
    """Every organisation there is, the oldest first."""
    for stream in _streams(directory):
        if isinstance(stream, OrganisationId):
            try:
                yield directory.organisation(stream, by=HOST)
            except NotFound:
                continue


def users(directory: Directory) -> Iterator[User]:
    """Every person with an account, the oldest first."""
    for stream in _streams(directory):
        if isinstance(stream, UserId):
            try:
                yield directory.user(stream, by=HOST)
            except NotFound:
                continue


def _streams(directory: Directory) -> dict[UserId | OrganisationId, None]:
    """Each organisation and person whose history there is, in the order in which they came up."""
    seen: dict[UserId | OrganisationId, None] = {}
    changes = directory.changes(limit=PAGE)
    while changes.entries:
        seen.update((entry.stream, None) for entry in changes.entries)
        changes = directory.changes(after=changes.next, limit=PAGE)
    return seen
