"""The inventory's tables, as migrations that are only ever appended to.

Money is kept in millionths of its currency, so that sums are exact; times are RFC 3339 in UTC
with microseconds, so that they sort as text.
"""

from __future__ import annotations

_V1 = (
    """
    CREATE TABLE identity (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        project TEXT NOT NULL,
        account_sid TEXT NOT NULL,
        installation TEXT NOT NULL,
        vendors TEXT NOT NULL CHECK (vendors IN ('real', 'stand-ins')),
        created_at TEXT NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE purchases (
        id TEXT PRIMARY KEY,
        account_sid TEXT NOT NULL,
        phone_number TEXT NOT NULL,
        country TEXT NOT NULL,
        number_type TEXT NOT NULL,
        pool TEXT,
        ref TEXT,
        customer TEXT,
        resolve_reason TEXT,
        bundle_sid TEXT,
        bundle_sid_from TEXT,
        address_sid TEXT,
        address_sid_from TEXT,
        price_millionths INTEGER NOT NULL,
        currency TEXT NOT NULL,
        label TEXT NOT NULL,
        owner_host TEXT NOT NULL,
        owner_boot_id TEXT NOT NULL,
        owner_pid INTEGER NOT NULL,
        owner_pid_started TEXT NOT NULL,
        run_id TEXT NOT NULL,
        started_at TEXT NOT NULL,
        deadline TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('open', 'unknown', 'bought', 'not_bought')),
        sid TEXT,
        settled_at TEXT,
        reason TEXT
    ) STRICT
    """,
    """
    CREATE UNIQUE INDEX one_unresolved_purchase_a_number
        ON purchases (phone_number) WHERE state IN ('open', 'unknown')
    """,
    """
    CREATE UNIQUE INDEX one_unresolved_purchase_a_ref
        ON purchases (ref) WHERE state IN ('open', 'unknown') AND ref IS NOT NULL
    """,
    "CREATE INDEX purchases_by_time ON purchases (started_at)",
    """
    CREATE TABLE numbers (
        id INTEGER PRIMARY KEY,
        phone_number TEXT NOT NULL,
        sid TEXT NOT NULL,
        country TEXT NOT NULL,
        number_type TEXT NOT NULL,
        price_millionths INTEGER NOT NULL,
        currency TEXT NOT NULL,
        purchase_id TEXT REFERENCES purchases (id),
        bought_at TEXT NOT NULL,
        state TEXT NOT NULL CHECK (state IN (
            'provisioned', 'verifying', 'ready', 'reserved', 'connected',
            'unavailable', 'quarantined', 'missing', 'released'
        )),
        reason TEXT,
        label TEXT NOT NULL,
        can_receive_sms INTEGER NOT NULL CHECK (can_receive_sms IN (0, 1)),
        pool TEXT,
        preverified_id TEXT,
        verification_expiry_time TEXT,
        code_requested_at TEXT,
        verification_failures INTEGER NOT NULL,
        next_attempt_at TEXT,
        updated_at TEXT NOT NULL,
        version INTEGER NOT NULL
    ) STRICT
    """,
    """
    CREATE UNIQUE INDEX one_row_an_owned_number
        ON numbers (phone_number) WHERE state <> 'released'
    """,
    "CREATE UNIQUE INDEX one_row_a_sid ON numbers (sid) WHERE state <> 'released'",
    "CREATE UNIQUE INDEX one_number_a_purchase ON numbers (purchase_id)",
    "CREATE INDEX numbers_to_claim ON numbers (pool, state, verification_expiry_time, id)",
    "CREATE INDEX numbers_by_state ON numbers (state, country)",
    """
    CREATE TABLE reservations (
        id INTEGER PRIMARY KEY,
        ref TEXT NOT NULL,
        number_id INTEGER NOT NULL REFERENCES numbers (id),
        path TEXT NOT NULL CHECK (path IN ('pool', 'live')),
        reason TEXT NOT NULL,
        country TEXT NOT NULL,
        customer TEXT,
        reserved_at TEXT NOT NULL,
        reserved_until TEXT NOT NULL,
        ended_at TEXT,
        end_reason TEXT
    ) STRICT
    """,
    "CREATE UNIQUE INDEX one_number_a_ref ON reservations (ref) WHERE ended_at IS NULL",
    "CREATE UNIQUE INDEX one_ref_a_number ON reservations (number_id) WHERE ended_at IS NULL",
    """
    CREATE TABLE events (
        id INTEGER PRIMARY KEY,
        number_id INTEGER REFERENCES numbers (id),
        purchase_id TEXT REFERENCES purchases (id),
        at TEXT NOT NULL,
        kind TEXT NOT NULL,
        from_state TEXT,
        to_state TEXT,
        run_id TEXT NOT NULL,
        host TEXT NOT NULL,
        detail TEXT
    ) STRICT
    """,
    "CREATE INDEX events_of_a_number ON events (number_id, id)",
    """
    CREATE TRIGGER events_are_not_changed BEFORE UPDATE ON events
    BEGIN SELECT RAISE(ABORT, 'events are only ever appended to'); END
    """,
    """
    CREATE TRIGGER events_are_not_deleted BEFORE DELETE ON events
    BEGIN SELECT RAISE(ABORT, 'events are only ever appended to'); END
    """,
    """
    CREATE TABLE runs (
        id TEXT PRIMARY KEY,
        command TEXT NOT NULL,
        started_at TEXT NOT NULL,
        finished_at TEXT,
        exit_code INTEGER,
        error_kind TEXT
    ) STRICT
    """,
)

_V2 = (
    """
    CREATE TABLE standing (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        standing TEXT NOT NULL CHECK (
            standing IN ('unproven', 'home', 'superseded', 'restored')
        ),
        reason TEXT,
        since TEXT NOT NULL
    ) STRICT
    """,
    # An inventory of version 1 that has bought is where its project is at home.
    """
    INSERT INTO standing (id, standing, since)
        SELECT 1, iif(EXISTS (SELECT 1 FROM numbers), 'home', 'unproven'), created_at FROM identity
    """,
    """
    CREATE TABLE findings (
        id INTEGER PRIMARY KEY,
        kind TEXT NOT NULL,
        phone_number TEXT,
        detail TEXT NOT NULL,
        found_at TEXT NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE prices (
        country TEXT NOT NULL,
        number_type TEXT NOT NULL,
        price_millionths INTEGER NOT NULL,
        currency TEXT NOT NULL,
        asked_at TEXT NOT NULL,
        PRIMARY KEY (country, number_type)
    ) STRICT
    """,
    # A person asked for the release; from then on the number is not used, until it is done.
    "ALTER TABLE numbers ADD COLUMN release_requested_at TEXT",
    "CREATE INDEX numbers_by_phone_number ON numbers (phone_number)",
    # Of numbers there are many events, and none of them is looked for by its kind.
    "CREATE INDEX events_of_no_number ON events (kind, at) WHERE number_id IS NULL",
)

_V3 = (
    # How the last code was asked for, and what stood in the inbox before: after a crash that code
    # is looked for before another is asked.
    "ALTER TABLE numbers ADD COLUMN code_method TEXT",
    "ALTER TABLE numbers ADD COLUMN inbox_mark TEXT",
    # A recorded call, for a person to listen to.
    "ALTER TABLE numbers ADD COLUMN recording_sid TEXT",
    # What was set at Twilio before this program set its own, as JSON; NULL where it did not.
    "ALTER TABLE numbers ADD COLUMN voice_before TEXT",
    "ALTER TABLE numbers ADD COLUMN webhook_before TEXT",
    # A ready number that is verified anew stays ready, and is not handed out until then.
    "ALTER TABLE numbers ADD COLUMN lease_until TEXT",
    "ALTER TABLE numbers ADD COLUMN verified_at TEXT",
)

_V4 = (
    # What Kapso says of a number that it lists, and since when it does not list it any more.
    "ALTER TABLE numbers ADD COLUMN customer_id TEXT",
    "ALTER TABLE numbers ADD COLUMN phone_number_id TEXT",
    "ALTER TABLE numbers ADD COLUMN business_account_id TEXT",
    "ALTER TABLE numbers ADD COLUMN absent_since TEXT",
    # The number of a link is that of its ref. The link's token is in no column.
    """
    CREATE TABLE setup_links (
        id INTEGER PRIMARY KEY,
        link_id TEXT UNIQUE,
        customer_id TEXT NOT NULL,
        ref TEXT,
        countries TEXT NOT NULL,
        by_kapso INTEGER NOT NULL CHECK (by_kapso IN (0, 1)),
        state TEXT NOT NULL CHECK (
            state IN ('asked', 'made', 'active', 'used', 'expired', 'revoked', 'failed')
        ),
        reason TEXT,
        owner TEXT NOT NULL,
        asked_at TEXT NOT NULL,
        expires_at TEXT,
        ended_at TEXT
    ) STRICT
    """,
    "CREATE INDEX setup_links_by_ref ON setup_links (ref)",
    "CREATE INDEX setup_links_of_a_customer ON setup_links (customer_id)",
    """
    CREATE UNIQUE INDEX one_link_in_the_making_a_customer
        ON setup_links (customer_id) WHERE state IN ('asked', 'made')
    """,
)

MIGRATIONS: tuple[tuple[str, ...], ...] = (_V1, _V2, _V3, _V4)
"""Statements by schema version: the first makes version 1. Never edit one that was released."""
