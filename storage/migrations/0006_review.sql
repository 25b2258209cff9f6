-- The exception queue, and what people say.

-- +goose Up
CREATE TABLE review_items (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    receipt_id      bigint      NOT NULL REFERENCES receipts,
    receipt_version integer     NOT NULL CHECK (receipt_version >= 1),
    reasons         jsonb       NOT NULL CHECK (jsonb_typeof(reasons) = 'array' AND jsonb_array_length(reasons) > 0),
    priority        smallint    NOT NULL CHECK (priority BETWEEN 1 AND 9), -- 1 is first
    deadline        timestamptz NOT NULL,
    claimed_by      bigint REFERENCES users,
    lease_until     timestamptz, -- after it anyone may claim
    version         integer     NOT NULL DEFAULT 1 CHECK (version >= 1), -- grows with every change
    opened_at       timestamptz NOT NULL DEFAULT now(),
    closed_at       timestamptz,
    UNIQUE (receipt_id, receipt_version),
    CONSTRAINT review_items_claim_is_whole CHECK ((claimed_by IS NULL) = (lease_until IS NULL)),
    CONSTRAINT review_items_closed_unclaimed CHECK (closed_at IS NULL OR claimed_by IS NULL)
);
CREATE UNIQUE INDEX review_items_one_open ON review_items (receipt_id) WHERE closed_at IS NULL;
CREATE INDEX review_items_queue ON review_items (priority, deadline, id) WHERE closed_at IS NULL;
CREATE INDEX review_items_claims ON review_items (claimed_by) WHERE claimed_by IS NOT NULL;
COMMENT ON TABLE review_items IS 'a receipt waiting for a person, with every reason it did not pass';

CREATE TABLE decisions (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    review_item_id  bigint      NOT NULL REFERENCES review_items,
    receipt_id      bigint      NOT NULL REFERENCES receipts,
    receipt_version integer     NOT NULL CHECK (receipt_version >= 1),
    decision        text        NOT NULL CHECK (decision IN ('valid', 'invalid', 'rescan', 'refer_up')),
    reason_code     text        NOT NULL DEFAULT '',
    note            text        NOT NULL DEFAULT '' CHECK (length(note) <= 4000),
    by_user         bigint      NOT NULL REFERENCES users,
    second_by       bigint REFERENCES users,
    at              timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT decisions_four_eyes CHECK (second_by <> by_user),
    CONSTRAINT decisions_reason_given CHECK (decision = 'valid' OR reason_code <> '')
);
-- Referring up decides nothing; of the rest one holds.
CREATE UNIQUE INDEX decisions_one_effective ON decisions (receipt_id, receipt_version) WHERE decision <> 'refer_up';
CREATE INDEX decisions_item ON decisions (review_item_id);
CREATE INDEX decisions_user ON decisions (by_user, at DESC);
COMMENT ON TABLE decisions IS 'decision (人工结论): valid, invalid, rescan, refer up; append-only';

-- +goose StatementBegin
CREATE FUNCTION refuse_change() RETURNS trigger
    LANGUAGE plpgsql AS
$$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'insufficient_privilege';
END
$$;
-- +goose StatementEnd
CREATE TRIGGER decisions_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON decisions
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- At commit every receipt has exactly what its state says: in progress a live
-- job, in review an open item, elsewhere neither; decided a decision. This is
-- the accounting equation as a constraint: nothing is lost between two states.
-- +goose StatementBegin
CREATE FUNCTION receipt_stands() RETURNS trigger
    LANGUAGE plpgsql AS
$$
DECLARE
    subject  bigint;
    now_is   text;
    has_job  boolean;
    has_item boolean;
    has_word boolean;
BEGIN
    IF TG_TABLE_NAME = 'receipts' THEN
        subject := NEW.id;
    ELSE
        subject := NEW.receipt_id;
    END IF;
    SELECT r.state,
           EXISTS (SELECT FROM jobs j WHERE j.receipt_id = r.id AND j.receipt_version = r.version
                       AND j.state IN ('queued', 'leased')),
           EXISTS (SELECT FROM review_items i WHERE i.receipt_id = r.id AND i.closed_at IS NULL),
           EXISTS (SELECT FROM decisions d WHERE d.receipt_id = r.id AND d.receipt_version = r.version
                       AND d.decision <> 'refer_up')
      INTO now_is, has_job, has_item, has_word
      FROM receipts r WHERE r.id = subject;
    IF has_job <> (now_is = 'in_progress') THEN
        RAISE EXCEPTION 'receipt % is %: live job: %', subject, now_is, has_job USING ERRCODE = 'check_violation';
    END IF;
    IF has_item <> (now_is = 'in_review') THEN
        RAISE EXCEPTION 'receipt % is %: open review item: %', subject, now_is, has_item USING ERRCODE = 'check_violation';
    END IF;
    IF now_is = 'decided' AND NOT has_word THEN
        RAISE EXCEPTION 'receipt % is decided: no decision', subject USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$;
-- +goose StatementEnd
CREATE CONSTRAINT TRIGGER receipts_stand AFTER INSERT OR UPDATE OF state ON receipts
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION receipt_stands();
CREATE CONSTRAINT TRIGGER jobs_stand AFTER INSERT OR UPDATE OF state ON jobs
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION receipt_stands();
CREATE CONSTRAINT TRIGGER review_items_stand AFTER INSERT OR UPDATE OF closed_at ON review_items
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION receipt_stands();

-- +goose Down
DROP TRIGGER jobs_stand ON jobs;
DROP TRIGGER receipts_stand ON receipts;
DROP TABLE decisions, review_items;
DROP FUNCTION receipt_stands;
DROP FUNCTION refuse_change;
