-- A reviewer may say which statement a receipt answers, where the machine could not
-- or was wrong. It holds for his claim; with his judgement it goes to the record.

-- +goose Up
ALTER TABLE review_items ADD COLUMN named bigint REFERENCES statements; -- by whoever holds the claim; the next one begins anew
ALTER TABLE hidden_items ADD COLUMN named bigint REFERENCES statements; -- as a review item's

-- What a person enters another checks (domain 19): whatever the rules of the day are,
-- a judgement of a statement the machine did not find needs two who name the same.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION second_person_for(rules rule_sets, receipt bigint, version integer, statement bigint, decision text) RETURNS text[]
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
        CASE WHEN decision IN ('valid', 'invalid') AND rule_draw(rules.seed, receipt, version) < rules.sample THEN 'sample' END,
        CASE WHEN decision IN ('valid', 'invalid') AND statement <> coalesce((SELECT (x.result ->> 'statement_id')::bigint FROM readings x
            WHERE x.receipt_id = receipt ORDER BY x.receipt_version DESC LIMIT 1), 0) THEN 'named' END], NULL)
$$;
-- +goose StatementEnd

-- +goose Down
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION second_person_for(rules rule_sets, receipt bigint, version integer, statement bigint, decision text) RETURNS text[]
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
ALTER TABLE hidden_items DROP COLUMN named;
ALTER TABLE review_items DROP COLUMN named;
