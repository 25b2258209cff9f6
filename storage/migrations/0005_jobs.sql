-- Who reads which receipt: Postgres is the record, the queue only the doorbell.

-- +goose Up
CREATE TABLE jobs (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    receipt_id      bigint      NOT NULL REFERENCES receipts,
    receipt_version integer     NOT NULL CHECK (receipt_version >= 1),
    state           text        NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'leased', 'done', 'failed')),
    -- The fencing token: each taking adds one, and only the latest may finish.
    attempt         integer     NOT NULL DEFAULT 0 CHECK (attempt >= 0),
    -- Attempts that ended through no fault of the receipt: a store was down, the worker was stopped.
    excused         integer     NOT NULL DEFAULT 0 CHECK (excused BETWEEN 0 AND attempt),
    worker          text CHECK (worker <> ''),
    lease_until     timestamptz,
    run_after       timestamptz NOT NULL DEFAULT now(), -- backoff after a failure
    rung_at         timestamptz, -- when the queue was last told; null: not since it became due
    last_error      text,
    created_at      timestamptz NOT NULL DEFAULT now(),
    finished_at     timestamptz,
    UNIQUE (receipt_id, receipt_version),
    CONSTRAINT jobs_lease_is_whole CHECK ((state = 'leased') = (worker IS NOT NULL)
        AND (worker IS NULL) = (lease_until IS NULL)),
    CONSTRAINT jobs_end_has_time CHECK ((state IN ('done', 'failed')) = (finished_at IS NOT NULL)),
    CHECK (state = 'queued' OR attempt >= 1)
);
CREATE INDEX jobs_due ON jobs (run_after) WHERE state = 'queued';
CREATE INDEX jobs_leases ON jobs (lease_until) WHERE state = 'leased';
COMMENT ON TABLE jobs IS 'one reading of one receipt version by a worker, with its lease';

CREATE TABLE outbox (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    job_id        bigint      NOT NULL REFERENCES jobs,
    created_at    timestamptz NOT NULL DEFAULT now(),
    dispatched_at timestamptz
);
CREATE INDEX outbox_waiting ON outbox (id) WHERE dispatched_at IS NULL;
CREATE INDEX outbox_job ON outbox (job_id);
COMMENT ON TABLE outbox IS 'jobs the queue has still to be told of; written in the transaction that makes the job';

-- +goose StatementBegin
CREATE FUNCTION outbox_ring() RETURNS trigger
    LANGUAGE plpgsql AS
$$
BEGIN
    PERFORM pg_notify('heyin_outbox', '');
    RETURN NULL;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER outbox_ring AFTER INSERT ON outbox
    FOR EACH STATEMENT EXECUTE FUNCTION outbox_ring();

CREATE TABLE readings (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    receipt_id      bigint           NOT NULL REFERENCES receipts,
    receipt_version integer          NOT NULL CHECK (receipt_version >= 1),
    job_id          bigint           NOT NULL UNIQUE REFERENCES jobs,
    attempt         integer          NOT NULL CHECK (attempt >= 1),
    statement_no    text             NOT NULL DEFAULT '', -- as read; empty: unread
    customer        text             NOT NULL DEFAULT '', -- as read
    mark            text             NOT NULL CHECK (mark IN ('agree', 'differ', 'blank', 'unclear')),
    mark_confidence double precision NOT NULL CHECK (mark_confidence BETWEEN 0 AND 1),
    result          jsonb            NOT NULL, -- models.Result, whole
    software        text             NOT NULL,
    params          text             NOT NULL,
    elapsed_ms      double precision NOT NULL CHECK (elapsed_ms >= 0),
    created_at      timestamptz      NOT NULL DEFAULT now(),
    UNIQUE (receipt_id, receipt_version)
);
CREATE INDEX readings_statement_no ON readings (statement_no) WHERE statement_no <> '';
COMMENT ON TABLE readings IS 'what the machine read from a receipt version; one per version';

CREATE TABLE reading_accounts (
    reading_id     bigint           NOT NULL REFERENCES readings,
    line_no        smallint         NOT NULL CHECK (line_no >= 1),
    account_no     text             NOT NULL, -- best guess; empty: unread
    account_agreed boolean          NOT NULL, -- both readers gave it
    currency       text             NOT NULL CHECK (currency = '' OR currency ~ '^[A-Z]{3}$'),
    balance        numeric(20, 2), -- null: not an amount
    balance_agreed boolean          NOT NULL CHECK (NOT balance_agreed OR balance IS NOT NULL),
    PRIMARY KEY (reading_id, line_no)
);
CREATE INDEX reading_accounts_account ON reading_accounts (account_no) WHERE account_no <> '';
COMMENT ON TABLE reading_accounts IS 'the accounts and balances of a reading, in print order';

CREATE TABLE verifications (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    reading_id   bigint           NOT NULL REFERENCES readings,
    receipt_id   bigint           NOT NULL REFERENCES receipts,
    imprint_no   smallint         NOT NULL CHECK (imprint_no >= 0), -- index into the reading's imprints
    specimen_ref text             NOT NULL,
    specimen_id  bigint REFERENCES specimens, -- null: the statement was unknown to the books
    verdict      text             NOT NULL CHECK (verdict IN ('match', 'mismatch', 'inconclusive')),
    score        double precision NOT NULL CHECK (score BETWEEN 0 AND 1),
    rotation_deg double precision NOT NULL,
    scale        double precision NOT NULL,
    shift_x_mm   double precision NOT NULL,
    shift_y_mm   double precision NOT NULL,
    sub_scores   jsonb            NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(sub_scores) = 'object'),
    crease       jsonb,
    reason_zh    text             NOT NULL,
    reason_en    text             NOT NULL,
    params       text             NOT NULL,
    evidence     jsonb            NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(evidence) = 'object'), -- name → SHA-256 of the object
    UNIQUE (reading_id, imprint_no, specimen_ref)
);
CREATE INDEX verifications_receipt ON verifications (receipt_id);
CREATE INDEX verifications_specimen ON verifications (specimen_id);
COMMENT ON TABLE verifications IS 'verification (验印): one imprint compared with one specimen';

CREATE TABLE evidence (
    reading_id    bigint NOT NULL REFERENCES readings,
    name          text   NOT NULL CHECK (name <> ''),
    object_sha256 text   NOT NULL REFERENCES objects,
    PRIMARY KEY (reading_id, name)
);
COMMENT ON TABLE evidence IS 'images a reading drew for the reviewer';

-- +goose Down
DROP TABLE evidence, verifications, reading_accounts, readings, outbox, jobs;
DROP FUNCTION outbox_ring;
