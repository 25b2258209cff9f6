-- The returned slips, as imaged, and what was read from them.

-- +goose Up
CREATE TABLE batches (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    station_id  bigint      NOT NULL,
    branch_id   bigint      NOT NULL REFERENCES branches,
    period_id   bigint REFERENCES periods, -- null: mixed post
    paper_count integer     NOT NULL CHECK (paper_count >= 0), -- sheets as counted by hand
    state       text        NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'closed')),
    opened_at   timestamptz NOT NULL DEFAULT now(),
    closed_at   timestamptz,
    CHECK ((state = 'closed') = (closed_at IS NOT NULL)),
    FOREIGN KEY (station_id, branch_id) REFERENCES stations (id, branch_id),
    UNIQUE (id, branch_id)
);
CREATE INDEX batches_station ON batches (station_id, opened_at DESC);
CREATE INDEX batches_period ON batches (period_id);
COMMENT ON TABLE batches IS 'batch (批次): receipts scanned together at a station, with the paper count';

CREATE TABLE receipts (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    batch_id        bigint      NOT NULL,
    branch_id       bigint      NOT NULL REFERENCES branches,
    object_sha256   text        NOT NULL REFERENCES objects,
    page            integer     NOT NULL DEFAULT 1 CHECK (page >= 1), -- of the scan
    page_count      integer CHECK (page_count >= page), -- null: not yet counted
    parent_id       bigint REFERENCES receipts, -- the receipt of page 1
    duplicate_of    bigint REFERENCES receipts, -- the first receipt of the branch with the same bytes
    file_name       text        NOT NULL DEFAULT '' CHECK (length(file_name) <= 255),
    idempotency_key text CHECK (length(idempotency_key) BETWEEN 1 AND 128),
    state           text        NOT NULL DEFAULT 'in_progress'
                        CHECK (state IN ('in_progress', 'passed', 'in_review', 'decided', 'quarantined')),
    -- Counts the times this receipt was judged: grows whenever it leaves an
    -- end state (see receipts_guard); jobs, readings and decisions belong to one version.
    version         integer     NOT NULL DEFAULT 1 CHECK (version >= 1),
    statement_id    bigint REFERENCES statements,
    -- This receipt is the answer to its statement: it passed, or was found valid.
    answers         boolean     NOT NULL DEFAULT false,
    accepted_at     timestamptz NOT NULL DEFAULT now(),
    updated_at      timestamptz NOT NULL DEFAULT now(),
    FOREIGN KEY (batch_id, branch_id) REFERENCES batches (id, branch_id),
    CHECK (duplicate_of <> id),
    CONSTRAINT receipts_page_has_parent CHECK ((page = 1) = (parent_id IS NULL)),
    CONSTRAINT receipts_upload_has_key CHECK ((page = 1) = (idempotency_key IS NOT NULL)),
    CONSTRAINT receipts_passed_answers CHECK (state <> 'passed' OR answers),
    CONSTRAINT receipts_answer_is_final CHECK (NOT answers OR
        (state IN ('passed', 'decided') AND statement_id IS NOT NULL))
);
-- One upload, one receipt: a replay finds the first.
CREATE UNIQUE INDEX receipts_idempotency ON receipts (batch_id, idempotency_key);
CREATE UNIQUE INDEX receipts_page ON receipts (parent_id, page);
-- Of two receipts for one statement only one can be its answer.
CREATE UNIQUE INDEX receipts_one_answer ON receipts (statement_id) WHERE answers;
CREATE INDEX receipts_batch ON receipts (batch_id, state);
CREATE INDEX receipts_object ON receipts (object_sha256, branch_id);
CREATE INDEX receipts_statement ON receipts (statement_id);
CREATE INDEX receipts_in_progress ON receipts (accepted_at) WHERE state = 'in_progress';
CREATE INDEX receipts_accepted ON receipts (branch_id, accepted_at DESC, id DESC);
COMMENT ON TABLE receipts IS 'receipt (对账回执): one page of an uploaded scan';

-- Mirrors models.ReceiptState.CanMove; a test holds the two equal.
-- +goose StatementBegin
CREATE FUNCTION receipt_can_move(was text, next text) RETURNS boolean
    LANGUAGE sql IMMUTABLE STRICT AS
$$
    SELECT CASE was
        WHEN 'in_progress' THEN next IN ('passed', 'in_review', 'quarantined')
        WHEN 'passed'      THEN next = 'in_review'
        WHEN 'in_review'   THEN next = 'decided'
        WHEN 'decided'     THEN next = 'in_review'
        WHEN 'quarantined' THEN next = 'in_progress'
        ELSE false
    END
$$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION receipts_guard() RETURNS trigger
    LANGUAGE plpgsql AS
$$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'receipt % cannot be deleted', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'in_progress' THEN
            RAISE EXCEPTION 'a receipt starts in_progress, not %', NEW.state USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF (OLD.object_sha256, OLD.page, OLD.batch_id, OLD.accepted_at)
        IS DISTINCT FROM (NEW.object_sha256, NEW.page, NEW.batch_id, NEW.accepted_at) THEN
        RAISE EXCEPTION 'receipt %: bytes, page, batch and time of acceptance never change', OLD.id
            USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.state <> OLD.state THEN
        IF NOT receipt_can_move(OLD.state, NEW.state) THEN
            RAISE EXCEPTION 'receipt % cannot move from % to %', OLD.id, OLD.state, NEW.state
                USING ERRCODE = 'check_violation';
        END IF;
        IF OLD.state IN ('passed', 'decided', 'quarantined') THEN
            NEW.version := OLD.version + 1;
        END IF;
    END IF;
    NEW.updated_at := now();
    RETURN NEW;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER receipts_guard BEFORE INSERT OR UPDATE OR DELETE ON receipts
    FOR EACH ROW EXECUTE FUNCTION receipts_guard();

CREATE TABLE pages (
    receipt_id bigint PRIMARY KEY REFERENCES receipts,
    rotation   smallint         NOT NULL CHECK (rotation IN (0, 90, 180, 270)), -- how far the stored page lies turned clockwise
    skew_deg   double precision NOT NULL CHECK (skew_deg BETWEEN -45 AND 45),
    dpi        double precision NOT NULL CHECK (dpi >= 0), -- 0: unknown
    grade      text             NOT NULL CHECK (grade IN ('good', 'usable', 'rescan')),
    findings   jsonb            NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(findings) = 'array')
);
COMMENT ON TABLE pages IS 'how a receipt lies in its stored file, and the quality of the scan';

-- +goose Down
DROP TABLE pages, receipts, batches;
DROP FUNCTION receipts_guard;
DROP FUNCTION receipt_can_move;
