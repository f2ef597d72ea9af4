BEGIN TRANSACTION;
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
    ;
INSERT INTO "events" VALUES(1,NULL,'aaaaaaaaaaaaaaaa','2026-11-22T12:00:00.000000Z','purchase_intended',NULL,NULL,'run','here',NULL);
INSERT INTO "events" VALUES(2,1,'aaaaaaaaaaaaaaaa','2026-11-22T12:00:00.000000Z','bought',NULL,'provisioned','run','here',NULL);
INSERT INTO "events" VALUES(3,1,NULL,'2026-11-22T12:00:00.000000Z','begin_verification','provisioned','verifying','run','here',NULL);
INSERT INTO "events" VALUES(4,1,NULL,'2026-11-22T12:00:00.000000Z','verified','verifying','ready','run','here',NULL);
INSERT INTO "events" VALUES(5,1,NULL,'2026-11-22T12:00:00.000000Z','claim','ready','reserved','run','here',NULL);
CREATE TABLE findings (
        id INTEGER PRIMARY KEY,
        kind TEXT NOT NULL,
        phone_number TEXT,
        detail TEXT NOT NULL,
        found_at TEXT NOT NULL
    ) STRICT
    ;
INSERT INTO "findings" VALUES(1,'foreign_numbers',NULL,'2 numbers of the account are not this project''s','2026-11-22T12:00:00.000000Z');
CREATE TABLE identity (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        project TEXT NOT NULL,
        account_sid TEXT NOT NULL,
        installation TEXT NOT NULL,
        vendors TEXT NOT NULL CHECK (vendors IN ('real', 'stand-ins')),
        created_at TEXT NOT NULL
    ) STRICT
    ;
INSERT INTO "identity" VALUES(1,'acme','AC00000000000000000000000000000000','abcdefgh','stand-ins','2026-11-22T12:00:00.000000Z');
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
    , release_requested_at TEXT, code_method TEXT, inbox_mark TEXT, recording_sid TEXT, voice_before TEXT, webhook_before TEXT, lease_until TEXT, verified_at TEXT) STRICT
    ;
INSERT INTO "numbers" VALUES(1,'+14155550001','PN1','US','local',1150000,'USD','aaaaaaaaaaaaaaaa','2026-11-22T12:00:01.000000Z','reserved',NULL,'kt:acme:abcdefgh:aaaaaaaaaaaaaaaa',1,'US','106540352242922','2027-02-20T12:00:00.000000Z',NULL,0,NULL,'2026-11-22T12:10:00.000000Z',4,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
CREATE TABLE prices (
        country TEXT NOT NULL,
        number_type TEXT NOT NULL,
        price_millionths INTEGER NOT NULL,
        currency TEXT NOT NULL,
        asked_at TEXT NOT NULL,
        PRIMARY KEY (country, number_type)
    ) STRICT
    ;
INSERT INTO "prices" VALUES('US','local',1150000,'USD','2026-11-22T12:00:00.000000Z');
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
    ;
INSERT INTO "purchases" VALUES('aaaaaaaaaaaaaaaa','AC00000000000000000000000000000000','+14155550001','US','local','US',NULL,NULL,NULL,NULL,NULL,NULL,NULL,1150000,'USD','kt:acme:abcdefgh:aaaaaaaaaaaaaaaa','here','boot',1,'start','run','2026-11-22T12:00:00.000000Z','2026-11-22T12:06:00.000000Z','bought','PN1','2026-11-22T12:00:01.000000Z',NULL);
INSERT INTO "purchases" VALUES('bbbbbbbbbbbbbbbb','AC00000000000000000000000000000000','+14155550002','US','local',NULL,'signup-1',NULL,'no_pool',NULL,NULL,NULL,NULL,1150000,'USD','kt:acme:abcdefgh:bbbbbbbbbbbbbbbb','here','boot',1,'start','run','2026-11-22T12:00:00.000000Z','2026-11-22T12:06:00.000000Z','unknown',NULL,NULL,'no answer within 20 s');
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
    ;
INSERT INTO "reservations" VALUES(1,'signup-0',1,'pool','pool_ready','US','cust-7','2026-11-22T12:10:00.000000Z','2026-11-23T12:10:00.000000Z',NULL,NULL);
CREATE TABLE runs (
        id TEXT PRIMARY KEY,
        command TEXT NOT NULL,
        started_at TEXT NOT NULL,
        finished_at TEXT,
        exit_code INTEGER,
        error_kind TEXT
    ) STRICT
    ;
INSERT INTO "runs" VALUES('run','reconcile','2026-11-22T12:00:00.000000Z','2026-11-22T12:00:05.000000Z',0,NULL);
CREATE TABLE standing (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        standing TEXT NOT NULL CHECK (
            standing IN ('unproven', 'home', 'superseded', 'restored')
        ),
        reason TEXT,
        since TEXT NOT NULL
    ) STRICT
    ;
INSERT INTO "standing" VALUES(1,'home',NULL,'2026-11-22T12:00:00.000000Z');
CREATE UNIQUE INDEX one_unresolved_purchase_a_number
        ON purchases (phone_number) WHERE state IN ('open', 'unknown')
    ;
CREATE UNIQUE INDEX one_unresolved_purchase_a_ref
        ON purchases (ref) WHERE state IN ('open', 'unknown') AND ref IS NOT NULL
    ;
CREATE INDEX purchases_by_time ON purchases (started_at);
CREATE UNIQUE INDEX one_row_an_owned_number
        ON numbers (phone_number) WHERE state <> 'released'
    ;
CREATE UNIQUE INDEX one_row_a_sid ON numbers (sid) WHERE state <> 'released';
CREATE UNIQUE INDEX one_number_a_purchase ON numbers (purchase_id);
CREATE INDEX numbers_to_claim ON numbers (pool, state, verification_expiry_time, id);
CREATE INDEX numbers_by_state ON numbers (state, country);
CREATE UNIQUE INDEX one_number_a_ref ON reservations (ref) WHERE ended_at IS NULL;
CREATE UNIQUE INDEX one_ref_a_number ON reservations (number_id) WHERE ended_at IS NULL;
CREATE INDEX events_of_a_number ON events (number_id, id);
CREATE TRIGGER events_are_not_changed BEFORE UPDATE ON events
    BEGIN SELECT RAISE(ABORT, 'events are only ever appended to'); END;
CREATE TRIGGER events_are_not_deleted BEFORE DELETE ON events
    BEGIN SELECT RAISE(ABORT, 'events are only ever appended to'); END;
CREATE INDEX numbers_by_phone_number ON numbers (phone_number);
CREATE INDEX events_of_no_number ON events (kind, at) WHERE number_id IS NULL;
COMMIT;
PRAGMA user_version = 3;
