-- What the archive is searched by: beginnings of numbers, whatever the
-- database's collation, and the decisions of one receipt.

-- +goose Up
CREATE INDEX statements_no_begins ON statements (no text_pattern_ops);
CREATE INDEX readings_no_begins ON readings (statement_no text_pattern_ops) WHERE statement_no <> '';
CREATE INDEX decisions_receipt ON decisions (receipt_id);

-- +goose Down
DROP INDEX decisions_receipt, readings_no_begins, statements_no_begins;
