-- The review queue and the search of the archive behind the fence of branches (0044):
-- a claim reads and writes in one statement, so the role may change what a claim is.

-- +goose Up
ALTER TABLE accounts ENABLE ROW LEVEL SECURITY;
ALTER TABLE reading_accounts ENABLE ROW LEVEL SECURITY;
ALTER TABLE hidden_items ENABLE ROW LEVEL SECURITY;

CREATE POLICY fence ON accounts FOR SELECT TO heyin_branch USING (EXISTS (SELECT FROM customers c WHERE c.id = customer_id));
CREATE POLICY fence ON reading_accounts FOR SELECT TO heyin_branch USING (EXISTS (SELECT FROM readings x WHERE x.id = reading_id));
CREATE POLICY fence ON hidden_items FOR SELECT TO heyin_branch USING (EXISTS (SELECT FROM receipts r WHERE r.id = receipt_id));
CREATE POLICY fence_given ON hidden_items FOR INSERT TO heyin_branch WITH CHECK (EXISTS (SELECT FROM receipts r WHERE r.id = receipt_id));
CREATE POLICY fence_claim ON review_items FOR UPDATE TO heyin_branch USING (EXISTS (SELECT FROM receipts r WHERE r.id = receipt_id));

GRANT SELECT ON accounts, reading_accounts, hidden_items TO heyin_branch;
GRANT INSERT (receipt_id, truth, given_to, reasons, priority, deadline, opened_at, lease_until, rule_set_id) ON hidden_items TO heyin_branch;
GRANT UPDATE (claimed_by, lease_until, version, named) ON review_items TO heyin_branch;
GRANT SELECT (id, valid_from, state, checked_at, blind, hidden) ON rule_sets TO heyin_branch; -- not the seed

-- +goose Down
REVOKE SELECT (id, valid_from, state, checked_at, blind, hidden) ON rule_sets FROM heyin_branch;
REVOKE UPDATE (claimed_by, lease_until, version, named) ON review_items FROM heyin_branch;
REVOKE INSERT (receipt_id, truth, given_to, reasons, priority, deadline, opened_at, lease_until, rule_set_id) ON hidden_items FROM heyin_branch;
REVOKE SELECT ON accounts, reading_accounts, hidden_items FROM heyin_branch;
DROP POLICY fence_claim ON review_items;
DROP POLICY fence_given ON hidden_items;
DROP POLICY fence ON hidden_items;
DROP POLICY fence ON reading_accounts;
DROP POLICY fence ON accounts;
ALTER TABLE hidden_items DISABLE ROW LEVEL SECURITY;
ALTER TABLE reading_accounts DISABLE ROW LEVEL SECURITY;
ALTER TABLE accounts DISABLE ROW LEVEL SECURITY;
