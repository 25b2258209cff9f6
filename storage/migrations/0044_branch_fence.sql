-- Promise 9 in the database: what an actor of a branch reads, he reads as the role
-- heyin_branch, which sees no row of another branch, whatever the query asks
-- (storage: fence.go). The owner of the tables is not bound by these policies.

-- +goose Up
-- A role is the cluster's: another database may have made it. Who may not make roles
-- has it made for him, with himself a member.
-- +goose StatementBegin
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'heyin_branch') THEN
        BEGIN
            CREATE ROLE heyin_branch NOLOGIN;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; -- at the same moment
        END;
    END IF;
    IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
        BEGIN
            EXECUTE format('GRANT heyin_branch TO %I', current_user);
        EXCEPTION WHEN insufficient_privilege THEN
            IF NOT pg_has_role('heyin_branch', 'MEMBER') THEN
                RAISE;
            END IF;
        END;
    END IF;
END
$$;
-- +goose StatementEnd

-- The branch of the transaction; null, so that nothing is seen, while none is set.
CREATE FUNCTION fenced_branch() RETURNS bigint
    LANGUAGE sql STABLE PARALLEL SAFE AS $$ SELECT nullif(current_setting('heyin.branch', true), '')::bigint $$;

ALTER TABLE branches ENABLE ROW LEVEL SECURITY;
ALTER TABLE customers ENABLE ROW LEVEL SECURITY;
ALTER TABLE stations ENABLE ROW LEVEL SECURITY;
ALTER TABLE batches ENABLE ROW LEVEL SECURITY;
ALTER TABLE receipts ENABLE ROW LEVEL SECURITY;
ALTER TABLE periods ENABLE ROW LEVEL SECURITY;
ALTER TABLE statements ENABLE ROW LEVEL SECURITY;
ALTER TABLE statement_lines ENABLE ROW LEVEL SECURITY;
ALTER TABLE specimens ENABLE ROW LEVEL SECURITY;
ALTER TABLE specimen_proposals ENABLE ROW LEVEL SECURITY;
ALTER TABLE address_corrections ENABLE ROW LEVEL SECURITY;
ALTER TABLE pages ENABLE ROW LEVEL SECURITY;
ALTER TABLE jobs ENABLE ROW LEVEL SECURITY;
ALTER TABLE readings ENABLE ROW LEVEL SECURITY;
ALTER TABLE evidence ENABLE ROW LEVEL SECURITY;
ALTER TABLE verifications ENABLE ROW LEVEL SECURITY;
ALTER TABLE review_items ENABLE ROW LEVEL SECURITY;
ALTER TABLE decisions ENABLE ROW LEVEL SECURITY;
ALTER TABLE opinions ENABLE ROW LEVEL SECURITY;
ALTER TABLE folds ENABLE ROW LEVEL SECURITY;

CREATE POLICY fence ON branches FOR SELECT TO heyin_branch USING (id = fenced_branch());
CREATE POLICY fence ON customers FOR SELECT TO heyin_branch USING (branch_id = fenced_branch());
CREATE POLICY fence ON stations FOR SELECT TO heyin_branch USING (branch_id = fenced_branch());
CREATE POLICY fence ON batches FOR SELECT TO heyin_branch USING (branch_id = fenced_branch());
CREATE POLICY fence ON receipts FOR SELECT TO heyin_branch USING (branch_id = fenced_branch());
CREATE POLICY fence ON periods FOR SELECT TO heyin_branch USING (branch_id IS NULL OR branch_id = fenced_branch());
-- The rest hang on those: a subquery of a policy is fenced itself.
CREATE POLICY fence ON statements FOR SELECT TO heyin_branch USING (EXISTS (SELECT FROM customers c WHERE c.id = customer_id));
CREATE POLICY fence ON statement_lines FOR SELECT TO heyin_branch USING (EXISTS (SELECT FROM statements s WHERE s.id = statement_id));
CREATE POLICY fence ON specimens FOR SELECT TO heyin_branch USING (customer_id IS NULL OR EXISTS (SELECT FROM customers c WHERE c.id = customer_id));
CREATE POLICY fence ON specimen_proposals FOR SELECT TO heyin_branch USING (EXISTS (SELECT FROM customers c WHERE c.id = customer_id));
CREATE POLICY fence ON address_corrections FOR SELECT TO heyin_branch USING (EXISTS (SELECT FROM customers c WHERE c.id = customer_id));
CREATE POLICY fence ON pages FOR SELECT TO heyin_branch USING (EXISTS (SELECT FROM receipts r WHERE r.id = receipt_id));
CREATE POLICY fence ON jobs FOR SELECT TO heyin_branch USING (EXISTS (SELECT FROM receipts r WHERE r.id = receipt_id));
CREATE POLICY fence ON readings FOR SELECT TO heyin_branch USING (EXISTS (SELECT FROM receipts r WHERE r.id = receipt_id));
CREATE POLICY fence ON evidence FOR SELECT TO heyin_branch USING (EXISTS (SELECT FROM readings x WHERE x.id = reading_id));
CREATE POLICY fence ON verifications FOR SELECT TO heyin_branch USING (EXISTS (SELECT FROM receipts r WHERE r.id = receipt_id));
CREATE POLICY fence ON review_items FOR SELECT TO heyin_branch USING (EXISTS (SELECT FROM receipts r WHERE r.id = receipt_id));
CREATE POLICY fence ON decisions FOR SELECT TO heyin_branch USING (EXISTS (SELECT FROM receipts r WHERE r.id = receipt_id));
CREATE POLICY fence ON opinions FOR SELECT TO heyin_branch USING (EXISTS (SELECT FROM receipts r WHERE r.id = receipt_id));
CREATE POLICY fence ON folds FOR SELECT TO heyin_branch USING (EXISTS (SELECT FROM review_items i WHERE i.id = review_item_id));

GRANT SELECT ON branches, customers, batches, receipts, periods, statements, statement_lines, specimens, specimen_proposals, address_corrections,
    pages, jobs, readings, evidence, verifications, review_items, decisions, opinions, folds TO heyin_branch;
GRANT SELECT (id, login, name) ON users TO heyin_branch; -- who made, checked, decided
GRANT SELECT (id, branch_id, name) ON stations TO heyin_branch; -- not their tokens

-- +goose Down
REVOKE SELECT ON branches, customers, batches, receipts, periods, statements, statement_lines, specimens, specimen_proposals, address_corrections,
    pages, jobs, readings, evidence, verifications, review_items, decisions, opinions, folds FROM heyin_branch;
REVOKE SELECT (id, login, name) ON users FROM heyin_branch;
REVOKE SELECT (id, branch_id, name) ON stations FROM heyin_branch;
-- +goose StatementBegin
DO $$
DECLARE
    fenced text;
BEGIN
    FOR fenced IN SELECT tablename FROM pg_policies WHERE policyname = 'fence' AND schemaname = current_schema() LOOP
        EXECUTE format('DROP POLICY fence ON %I', fenced);
        EXECUTE format('ALTER TABLE %I DISABLE ROW LEVEL SECURITY', fenced);
    END LOOP;
END
$$;
-- +goose StatementEnd
DROP FUNCTION fenced_branch;
