-- Who did what, chained by hash.

-- +goose Up
CREATE TABLE audit (
    seq       bigint      PRIMARY KEY CHECK (seq >= 1), -- without gaps: 1, 2, 3 …
    at        timestamptz NOT NULL,
    actor     text        NOT NULL CHECK (actor <> ''),  -- user:7, station:3, worker:name, system
    action    text        NOT NULL CHECK (action ~ '^[a-z_]+\.[a-z_]+$'), -- receipt.accepted, receipt.viewed
    object    text        NOT NULL CHECK (object <> ''), -- receipt:12, batch:4
    detail    json        NOT NULL, -- json, not jsonb: the hash covers the text as written
    prev_hash bytea       NOT NULL CHECK (octet_length(prev_hash) = 32), -- of seq-1; zeros for the first
    hash      bytea       NOT NULL UNIQUE CHECK (octet_length(hash) = 32)
);
CREATE INDEX audit_object ON audit (object, seq);
CREATE INDEX audit_action ON audit (action, seq);
COMMENT ON TABLE audit IS 'every change and every view of an image, in the transaction of the change; append-only, each row hashing the one before';

CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- +goose Down
DROP TABLE audit;
