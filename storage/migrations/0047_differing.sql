-- A receipt that says 不符 is an answer: valid when its seals are, and its difference is
-- looked into (domain 97-103). Only an invalid one is for the second round.

-- +goose Up
-- Whether a receipt that people find valid says that the balance differs: as the person
-- gave it for a reason, else as the machine read the mark.
CREATE FUNCTION answers_differ(receipt bigint, reason_code text) RETURNS boolean
    LANGUAGE sql STABLE AS
$$
    SELECT CASE reason_code WHEN 'mark_differ' THEN true WHEN 'mark_agree' THEN false
        ELSE coalesce((SELECT x.mark = 'differ' FROM readings x WHERE x.receipt_id = receipt ORDER BY x.receipt_version DESC LIMIT 1), false) END
$$;
GRANT SELECT ON calendar TO heyin_branch; -- by when, in working days

-- +goose Down
REVOKE SELECT ON calendar FROM heyin_branch;
DROP FUNCTION answers_differ;
