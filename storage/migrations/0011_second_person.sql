-- Dated rule sets, and the second person they ask for. A person's word on a
-- receipt is an opinion until the rules of that day are content with it: an
-- opinion is no decision, so nothing that asks for decisions can see one.

-- +goose Up
-- Three administrators, each alone: of the system, of security, of the audit.
ALTER TABLE users DROP CONSTRAINT users_roles_check;
ALTER TABLE users ADD CONSTRAINT users_roles_check CHECK (cardinality(roles) > 0 AND roles <@ ARRAY
        ['operator', 'reviewer', 'archivist', 'supervisor', 'branch', 'admin', 'security', 'auditor']),
    ADD CONSTRAINT users_administrators_alone CHECK
        (NOT roles && ARRAY['admin', 'security', 'auditor'] OR cardinality(roles) = 1 AND branch_id IS NULL);

CREATE TABLE rule_sets (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    valid_from  date           NOT NULL, -- first day in force, in the bank's time
    -- When a person's decision needs a second person. The first is of passes only;
    -- the others are of valid and invalid alike.
    all_valid   boolean        NOT NULL,
    amount_over numeric(20, 2) CHECK (amount_over >= 0), -- CNY, sum of a statement; other currencies count as above; null: no limit
    classes     text[]         NOT NULL DEFAULT '{}',
    sample      integer        NOT NULL DEFAULT 0 CHECK (sample BETWEEN 0 AND 1000000), -- of a million
    blind       boolean        NOT NULL DEFAULT true, -- the second person does not see the first answer, nor that there is one
    undo_s      integer        NOT NULL DEFAULT 60 CHECK (undo_s BETWEEN 0 AND 60), -- seconds a decision may be taken back
    hidden      integer        NOT NULL DEFAULT 0 CHECK (hidden BETWEEN 0 AND 100000), -- of a million claims: a receipt with a known answer
    seed        bytea          NOT NULL DEFAULT decode(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex')
                    CHECK (octet_length(seed) = 32), -- of the draws: a draw can be made again, not foreseen
    note        text           NOT NULL CHECK (note <> '' AND length(note) <= 1000), -- what is changed and why
    maker       bigint REFERENCES users, -- null: as installed
    made_at     timestamptz    NOT NULL DEFAULT now(),
    state       text           NOT NULL DEFAULT 'proposed' CHECK (state IN ('proposed', 'approved', 'refused')),
    checker     bigint REFERENCES users,
    checked_at  timestamptz,
    CONSTRAINT rule_sets_four_eyes CHECK (maker <> checker),
    CONSTRAINT rule_sets_made CHECK ((maker IS NOT NULL) = (id > 1)),
    CONSTRAINT rule_sets_check_is_whole CHECK (id = 1 OR
        (state = 'proposed') = (checker IS NULL) AND (checker IS NULL) = (checked_at IS NULL))
);
CREATE INDEX rule_sets_in_force ON rule_sets (valid_from DESC, checked_at DESC NULLS LAST) WHERE state = 'approved';
COMMENT ON TABLE rule_sets IS 'rules of judging by effective date; proposed by one person, approved by another, never changed after';
INSERT INTO rule_sets (valid_from, all_valid, note, state) VALUES ('2000-01-01', true, '初始规则:人工认定有效一律须第二人复核', 'approved');

-- +goose StatementBegin
CREATE FUNCTION rule_sets_guard() RETURNS trigger
    LANGUAGE plpgsql AS
$$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.state <> 'proposed' OR
       (to_jsonb(OLD) - ARRAY['state', 'checker', 'checked_at', 'valid_from']) <> (to_jsonb(NEW) - ARRAY['state', 'checker', 'checked_at', 'valid_from']) THEN
        RAISE EXCEPTION 'rule set % cannot be changed', OLD.id USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER rule_sets_guard BEFORE UPDATE OR DELETE ON rule_sets FOR EACH ROW EXECUTE FUNCTION rule_sets_guard();

CREATE FUNCTION bank_date(at timestamptz) RETURNS date
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT (at AT TIME ZONE 'Asia/Shanghai')::date $$;

-- The latest approved rule set of a day: later dates first, then later approvals.
CREATE FUNCTION rule_set_on(day date) RETURNS bigint
    LANGUAGE sql STABLE PARALLEL SAFE AS
$$
    SELECT id FROM rule_sets WHERE state = 'approved' AND valid_from <= day
     ORDER BY valid_from DESC, checked_at DESC NULLS LAST, id DESC LIMIT 1
$$;

-- 0..999999, the same for the same seed and receipt version, whoever asks and when.
CREATE FUNCTION rule_draw(seed bytea, subject bigint, version integer) RETURNS integer
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$
    SELECT (('x' || encode(substr(sha256(seed || int8send(subject) || int4send(version)), 1, 4), 'hex'))::bit(32)::bigint % 1000000)::integer
$$;

ALTER TABLE accounts ADD COLUMN class text NOT NULL DEFAULT '' CHECK (class ~ '^\S{0,16}$'); -- a code of the bank's own (domain: codes, not names)

-- Why a decision of this kind needs a second person: all_valid, amount, class,
-- sample. The one place where this is said; the fence below, the desk and the
-- rehearsal of a rule set all ask here.
-- +goose StatementBegin
CREATE FUNCTION second_person_for(rules rule_sets, receipt bigint, version integer, statement bigint, decision text) RETURNS text[]
    LANGUAGE sql STABLE AS
$$
    SELECT array_remove(ARRAY[
        CASE WHEN decision = 'valid' AND rules.all_valid THEN 'all_valid' END,
        CASE WHEN decision IN ('valid', 'invalid') AND rules.amount_over IS NOT NULL AND EXISTS (
            SELECT FROM statement_lines l WHERE l.statement_id = statement
             GROUP BY l.currency HAVING l.currency <> 'CNY' OR sum(abs(l.balance)) > rules.amount_over) THEN 'amount' END,
        CASE WHEN decision IN ('valid', 'invalid') AND EXISTS (
            SELECT FROM statement_lines l JOIN accounts a ON a.account_no = l.account_no AND a.currency = l.currency
             WHERE l.statement_id = statement AND a.class = ANY (rules.classes)) THEN 'class' END,
        CASE WHEN decision IN ('valid', 'invalid') AND rule_draw(rules.seed, receipt, version) < rules.sample THEN 'sample' END], NULL)
$$;
-- +goose StatementEnd

ALTER TABLE batches ADD COLUMN operator bigint REFERENCES users; -- who scanned it, when the station says so; never judges it

-- Who must not judge a receipt: who uploaded it, and who made a specimen of its customer.
-- +goose StatementBegin
CREATE FUNCTION must_not_judge(person bigint, receipt bigint, statement bigint) RETURNS boolean
    LANGUAGE sql STABLE AS
$$
    SELECT EXISTS (SELECT FROM receipts r JOIN batches b ON b.id = r.batch_id WHERE r.id = receipt AND b.operator = person)
        OR EXISTS (SELECT FROM statements s JOIN specimens p ON p.customer_id = s.customer_id WHERE s.id = statement AND p.maker = person)
$$;
-- +goose StatementEnd

-- A version starts anywhere: counted from 1 it would tell a second person that somebody was first.
ALTER TABLE review_items ALTER COLUMN version SET DEFAULT 1 + floor(random() * 1000000)::integer;
-- open: anybody; second: a first answer is there; supervisor: referred up, or two answers differ.
ALTER TABLE review_items ADD COLUMN stage text NOT NULL DEFAULT 'open' CHECK (stage IN ('open', 'second', 'supervisor'));
UPDATE review_items i SET stage = 'supervisor' WHERE EXISTS (SELECT FROM decisions d WHERE d.review_item_id = i.id AND d.decision = 'refer_up');

CREATE TABLE opinions (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    review_item_id  bigint      NOT NULL REFERENCES review_items,
    receipt_id      bigint      NOT NULL REFERENCES receipts,
    receipt_version integer     NOT NULL CHECK (receipt_version >= 1),
    decision        text        NOT NULL CHECK (decision IN ('valid', 'invalid', 'rescan')),
    reason_code     text        NOT NULL DEFAULT '',
    note            text        NOT NULL DEFAULT '' CHECK (length(note) <= 4000),
    statement_id    bigint REFERENCES statements, -- the one it answers
    by_user         bigint      NOT NULL REFERENCES users,
    at              timestamptz NOT NULL DEFAULT now(),
    rule_set_id     bigint      NOT NULL REFERENCES rule_sets,
    needs_second    text[]      NOT NULL, -- why, by second_person_for; empty: of a later person
    draw            integer     NOT NULL, -- rule_draw
    undone_at       timestamptz, -- taken back, or void: the receipt's reasons changed
    CHECK (decision <> 'valid' OR statement_id IS NOT NULL),
    CONSTRAINT opinions_reason_given CHECK (decision = 'valid' OR reason_code <> '')
);
CREATE UNIQUE INDEX opinions_one_each ON opinions (receipt_id, receipt_version, by_user) WHERE undone_at IS NULL;
CREATE INDEX opinions_item ON opinions (review_item_id);
CREATE INDEX opinions_user ON opinions (by_user, at DESC);
CREATE INDEX opinions_at ON opinions (at);
CREATE INDEX decisions_at ON decisions (at);
COMMENT ON TABLE opinions IS 'what each of several people said of a receipt, before it became a decision';

ALTER TABLE decisions
    ADD COLUMN statement_id bigint REFERENCES statements,
    ADD COLUMN rule_set_id  bigint REFERENCES rule_sets, -- null: before there were rule sets
    ADD COLUMN needs_second text[] NOT NULL DEFAULT '{}',
    ADD COLUMN draw         integer,
    ADD COLUMN undone_at    timestamptz;

-- The record says which rules judged; the caller has no say in it.
-- +goose StatementBegin
CREATE FUNCTION judged_by_rules() RETURNS trigger
    LANGUAGE plpgsql AS
$$
DECLARE
    rules rule_sets;
BEGIN
    SELECT * INTO STRICT rules FROM rule_sets WHERE id = rule_set_on(bank_date(now()));
    NEW.rule_set_id := rules.id;
    NEW.draw := rule_draw(rules.seed, NEW.receipt_id, NEW.receipt_version);
    NEW.needs_second := second_person_for(rules, NEW.receipt_id, NEW.receipt_version, NEW.statement_id, NEW.decision);
    RETURN NEW;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER decisions_by_rules BEFORE INSERT ON decisions FOR EACH ROW EXECUTE FUNCTION judged_by_rules();
CREATE TRIGGER opinions_by_rules BEFORE INSERT ON opinions FOR EACH ROW EXECUTE FUNCTION judged_by_rules();

-- The fence of promise 7: what needs two people has two who said the same, and
-- after a first answer nothing is found valid by one person.
-- +goose StatementBegin
CREATE FUNCTION two_people() RETURNS trigger
    LANGUAGE plpgsql AS
$$
BEGIN
    IF must_not_judge(NEW.by_user, NEW.receipt_id, NEW.statement_id) THEN
        RAISE EXCEPTION 'receipt %: user % uploaded it or made a specimen of its customer', NEW.receipt_id, NEW.by_user
            USING ERRCODE = 'check_violation', CONSTRAINT = 'judged_by_others';
    END IF;
    IF TG_TABLE_NAME = 'opinions' OR NEW.decision = 'refer_up' THEN
        RETURN NULL;
    END IF;
    IF NEW.second_by IS NULL THEN
        IF cardinality(NEW.needs_second) > 0 OR NEW.decision = 'valid' AND EXISTS (SELECT FROM opinions o
                WHERE o.receipt_id = NEW.receipt_id AND o.receipt_version = NEW.receipt_version AND o.undone_at IS NULL) THEN
            RAISE EXCEPTION 'receipt %: % needs a second person', NEW.receipt_id, NEW.decision
                USING ERRCODE = 'check_violation', CONSTRAINT = 'decisions_two_people';
        END IF;
    ELSIF (SELECT count(*) FROM opinions o WHERE o.receipt_id = NEW.receipt_id AND o.receipt_version = NEW.receipt_version
              AND o.undone_at IS NULL AND o.by_user IN (NEW.by_user, NEW.second_by) AND o.decision = NEW.decision
              AND o.statement_id IS NOT DISTINCT FROM NEW.statement_id) <> 2 THEN
        RAISE EXCEPTION 'receipt %: users % and % did not both say %', NEW.receipt_id, NEW.by_user, NEW.second_by, NEW.decision
            USING ERRCODE = 'check_violation', CONSTRAINT = 'decisions_two_people';
    END IF;
    RETURN NULL;
END
$$;
-- +goose StatementEnd
CREATE TRIGGER decisions_two_people AFTER INSERT ON decisions FOR EACH ROW EXECUTE FUNCTION two_people();
CREATE TRIGGER opinions_by_others AFTER INSERT ON opinions FOR EACH ROW EXECUTE FUNCTION two_people();

-- What was said stays as it was said; only that it was taken back is added, once.
-- +goose StatementBegin
CREATE FUNCTION only_undone() RETURNS trigger
    LANGUAGE plpgsql AS
$$
BEGIN
    IF OLD.undone_at IS NOT NULL OR NEW.undone_at IS NULL OR to_jsonb(OLD) - 'undone_at' <> to_jsonb(NEW) - 'undone_at' THEN
        RAISE EXCEPTION '% is append-only: UPDATE refused', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END
$$;
-- +goose StatementEnd
DROP TRIGGER decisions_append_only ON decisions;
CREATE TRIGGER decisions_append_only BEFORE DELETE OR TRUNCATE ON decisions FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER decisions_only_undone BEFORE UPDATE ON decisions FOR EACH ROW EXECUTE FUNCTION only_undone();
CREATE TRIGGER opinions_append_only BEFORE DELETE OR TRUNCATE ON opinions FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER opinions_only_undone BEFORE UPDATE ON opinions FOR EACH ROW EXECUTE FUNCTION only_undone();

-- A decided receipt has a decision that stands, and answers its statement exactly
-- when that decision is valid.
-- +goose StatementBegin
CREATE FUNCTION decision_stands() RETURNS trigger
    LANGUAGE plpgsql AS
$$
DECLARE
    subject bigint := to_jsonb(NEW) ->> CASE TG_TABLE_NAME WHEN 'receipts' THEN 'id' ELSE 'receipt_id' END;
BEGIN
    IF EXISTS (SELECT FROM receipts r WHERE r.id = subject AND r.state = 'decided' AND NOT EXISTS (
            SELECT FROM decisions d WHERE d.receipt_id = r.id AND d.receipt_version = r.version
               AND d.decision <> 'refer_up' AND d.undone_at IS NULL AND (d.decision = 'valid') = r.answers)) THEN
        RAISE EXCEPTION 'receipt % is decided: no decision stands for that', subject USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$;
-- +goose StatementEnd
CREATE CONSTRAINT TRIGGER receipts_decision_stands AFTER UPDATE OF state, answers ON receipts
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION decision_stands();
CREATE CONSTRAINT TRIGGER decisions_stand AFTER UPDATE ON decisions
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION decision_stands();

-- The queue runs by the day of the deadline, then by risk.
ALTER TABLE review_items ADD COLUMN due date GENERATED ALWAYS AS ((deadline AT TIME ZONE 'Asia/Shanghai')::date) STORED;
DROP INDEX review_items_queue;
CREATE INDEX review_items_queue ON review_items (due, priority, id) WHERE closed_at IS NULL;

-- +goose Down
DROP INDEX review_items_queue;
CREATE INDEX review_items_queue ON review_items (priority, deadline, id) WHERE closed_at IS NULL;
DROP TRIGGER receipts_decision_stands ON receipts;
DROP TRIGGER decisions_stand ON decisions;
DROP TRIGGER decisions_by_rules ON decisions;
DROP TRIGGER decisions_two_people ON decisions;
DROP TRIGGER decisions_only_undone ON decisions;
DROP TRIGGER decisions_append_only ON decisions;
CREATE TRIGGER decisions_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON decisions FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE decisions DROP COLUMN undone_at, DROP COLUMN draw, DROP COLUMN needs_second, DROP COLUMN rule_set_id, DROP COLUMN statement_id;
DROP TABLE opinions;
DROP FUNCTION only_undone, two_people, judged_by_rules, decision_stands;
ALTER TABLE review_items DROP COLUMN due, DROP COLUMN stage, ALTER COLUMN version SET DEFAULT 1;
DROP INDEX decisions_at;
DROP FUNCTION must_not_judge, second_person_for;
ALTER TABLE batches DROP COLUMN operator;
ALTER TABLE accounts DROP COLUMN class;
DROP FUNCTION rule_draw, rule_set_on, bank_date;
DROP TABLE rule_sets;
DROP FUNCTION rule_sets_guard;
ALTER TABLE users DROP CONSTRAINT users_administrators_alone, DROP CONSTRAINT users_roles_check;
ALTER TABLE users ADD CONSTRAINT users_roles_check CHECK (cardinality(roles) > 0 AND roles <@ ARRAY
        ['operator', 'reviewer', 'archivist', 'supervisor', 'branch', 'admin', 'auditor']);
