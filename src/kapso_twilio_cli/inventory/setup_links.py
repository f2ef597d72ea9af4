"""The setup links: one in the making a customer."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime

import msgspec

from ..domain.country import Country
from ..domain.purchase import Owner
from ..domain.setup_link import LIVING, LinkState, SetupLink
from ..errors import Locked
from . import columns


class SetupLinks:
    """The setup links within one transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def ask(
        self,
        customer_id: str,
        countries: Sequence[Country],
        owner: Owner,
        at: datetime,
        *,
        ref: str | None,
        by_kapso: bool,
    ) -> SetupLink:
        """Write down that Kapso is about to be asked; Locked while another is in the making."""
        try:
            row = self._connection.execute(
                "INSERT INTO setup_links (customer_id, ref, countries, by_kapso, state, owner,"
                " asked_at) VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING *",
                (
                    customer_id,
                    ref,
                    " ".join(countries),
                    int(by_kapso),
                    LinkState.ASKED,
                    msgspec.json.encode(owner).decode(),
                    columns.time_text(at),
                ),
            ).fetchone()
        except sqlite3.IntegrityError as error:
            raise Locked(
                f"another process makes a setup link for customer {customer_id}",
                reason="a customer has one active link, and a new one revokes the last",
                hint="run the command again in a moment",
            ) from error
        return _link(row)

    def made(self, link: SetupLink, link_id: str, expires_at: datetime | None) -> SetupLink:
        """Kapso made it: from here on its ref is known."""
        return self._change(
            link,
            state=LinkState.MADE,
            link_id=link_id,
            ref=link.ref or (None if link.by_kapso else link_id),
            expires_at=columns.optional_time_text(expires_at),
        )

    def become(
        self, link: SetupLink, state: LinkState, at: datetime, *, reason: str | None = None
    ) -> SetupLink:
        """Move the link to another state."""
        ended_at = None if state in LIVING else columns.time_text(at)
        return self._change(link, state=state, reason=reason, ended_at=ended_at)

    def get(self, row_id: int) -> SetupLink:
        """The link with this id of the inventory."""
        (found,) = self._all("id = ?", row_id)
        return found

    def of_link(self, link_id: str) -> SetupLink | None:
        """The link with this id of Kapso's, or None."""
        return self._first("link_id = ?", link_id)

    def of_ref(self, ref: str) -> SetupLink | None:
        """The ref's living link, else the newest that Kapso made for it; None where there is none.

        One that Kapso refused says nothing of those before it.
        """
        marks = ", ".join(f"'{state}'" for state in sorted(LIVING))
        return self._first(
            f"ref = ? AND (state IN ({marks}) OR link_id IS NOT NULL)"
            f" ORDER BY state IN ({marks}) DESC, id DESC LIMIT 1",
            ref,
        )

    def used_refs(self) -> set[str]:
        """The refs of which some link was used."""
        rows = self._connection.execute(
            "SELECT DISTINCT ref FROM setup_links WHERE state = ? AND ref IS NOT NULL",
            (LinkState.USED,),
        ).fetchall()
        return {row["ref"] for row in rows}

    def of_customer(self, customer_id: str) -> list[SetupLink]:
        """A customer's links, oldest first."""
        return self._all("customer_id = ? ORDER BY id", customer_id)

    def living(self) -> list[SetupLink]:
        """The links that are not ended, oldest first."""
        marks = ", ".join("?" * len(LIVING))
        return self._all(f"state IN ({marks}) ORDER BY id", *sorted(LIVING))

    def all(self) -> list[SetupLink]:
        """Every link, oldest first."""
        return self._all("1 ORDER BY id")

    def _change(self, link: SetupLink, **values: object) -> SetupLink:
        updates = ", ".join(f"{name} = ?" for name in values)
        row = self._connection.execute(
            f"UPDATE setup_links SET {updates} WHERE id = ? RETURNING *",
            (*values.values(), link.id),
        ).fetchone()
        return _link(row)

    def _first(self, condition: str, value: object) -> SetupLink | None:
        found = self._all(condition, value)
        return found[0] if found else None

    def _all(self, condition: str, *values: object) -> list[SetupLink]:
        rows = self._connection.execute(
            f"SELECT * FROM setup_links WHERE {condition}", values
        ).fetchall()
        return [_link(row) for row in rows]


def _link(row: sqlite3.Row) -> SetupLink:
    return SetupLink(
        id=row["id"],
        link_id=row["link_id"],
        customer_id=row["customer_id"],
        ref=row["ref"],
        countries=tuple(Country(one) for one in row["countries"].split()),
        by_kapso=bool(row["by_kapso"]),
        state=LinkState(row["state"]),
        reason=row["reason"],
        owner=msgspec.json.decode(row["owner"], type=Owner),
        asked_at=columns.time(row["asked_at"]),
        expires_at=columns.optional_time(row["expires_at"]),
        ended_at=columns.optional_time(row["ended_at"]),
    )
