-- The register of differences (不符登记簿, domain 97-103): what the branch finds to be the
-- cause of a receipt that says 不符, and how another person has it settled. The latest row
-- of a receipt holds; one that is settled ends it.

-- +goose Up
CREATE TABLE mismatches (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    receipt_id bigint      NOT NULL REFERENCES receipts,
    cause      text        NOT NULL CHECK (cause IN ('timing', 'company', 'bank', 'suspicious')),
    items      jsonb       NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(items) = 'array'), -- outstanding items (未达账项)
    note       text        NOT NULL CHECK (note <> '' AND length(note) <= 1000),
    maker      bigint      NOT NULL REFERENCES users,
    made_at    timestamptz NOT NULL DEFAULT now(),
    result     text        NOT NULL DEFAULT '' CHECK (length(result) <= 1000),
    settler    bigint REFERENCES users,
    settled_at timestamptz,
    CONSTRAINT mismatches_four_eyes CHECK (maker <> settler),
    CONSTRAINT mismatches_settled_is_whole CHECK ((settler IS NULL) = (settled_at IS NULL) AND (settler IS NULL) = (result = ''))
);
CREATE INDEX mismatches_receipt ON mismatches (receipt_id, id DESC);
CREATE UNIQUE INDEX mismatches_settled_once ON mismatches (receipt_id) WHERE settler IS NOT NULL;
COMMENT ON TABLE mismatches IS 'why a balance differs, as the branch explains it, and what came of it (不符登记簿)';

ALTER TABLE mismatches ENABLE ROW LEVEL SECURITY;
CREATE POLICY fence ON mismatches FOR SELECT TO heyin_branch USING (EXISTS (SELECT FROM receipts r WHERE r.id = receipt_id));
GRANT SELECT ON mismatches TO heyin_branch;

-- +goose Down
DROP TABLE mismatches;
