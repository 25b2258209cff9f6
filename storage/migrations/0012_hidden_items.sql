-- Receipts with a known answer, put before reviewers again to measure them. They
-- live here only: no decision, no opinion, no move of the receipt comes of one.

-- +goose Up
CREATE TABLE hidden_items (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    receipt_id  bigint      NOT NULL REFERENCES receipts,
    truth       text        NOT NULL CHECK (truth IN ('valid', 'invalid')), -- two people have said so
    given_to    bigint      NOT NULL REFERENCES users,
    given_at    timestamptz NOT NULL DEFAULT now(),
    -- As a review item has them, so that one looks like the other.
    reasons     jsonb       NOT NULL,
    priority    smallint    NOT NULL,
    deadline    timestamptz NOT NULL,
    due         date        NOT NULL GENERATED ALWAYS AS ((deadline AT TIME ZONE 'Asia/Shanghai')::date) STORED,
    opened_at   timestamptz NOT NULL,
    lease_until timestamptz NOT NULL,
    version     integer     NOT NULL DEFAULT 1 + floor(random() * 1000000)::integer CHECK (version >= 1), -- as a review item's
    decision    text CHECK (decision IN ('valid', 'invalid', 'rescan', 'refer_up')), -- null: none yet, or given back
    reason_code text        NOT NULL DEFAULT '',
    note        text        NOT NULL DEFAULT '' CHECK (length(note) <= 4000),
    shown_state text CHECK (shown_state IN ('in_review', 'decided')), -- what the reviewer was told came of it
    rule_set_id bigint      NOT NULL REFERENCES rule_sets,
    ended_at    timestamptz,
    CHECK ((decision IS NULL) = (shown_state IS NULL) AND (decision IS NULL OR ended_at IS NOT NULL)),
    UNIQUE (receipt_id, given_to) -- nobody sees one twice
);
CREATE UNIQUE INDEX hidden_items_one_open ON hidden_items (given_to) WHERE ended_at IS NULL;
COMMENT ON TABLE hidden_items IS 'a decided receipt shown to a reviewer as if it waited, to measure him; never a result';

-- +goose Down
DROP TABLE hidden_items;
