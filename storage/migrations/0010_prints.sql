-- What is individual to each stamping, so that an imprint used twice is found.

-- +goose Up
CREATE TABLE imprint_prints (
    receipt_id   bigint    NOT NULL REFERENCES receipts,
    imprint_no   smallint  NOT NULL CHECK (imprint_no >= 0), -- index into the reading's imprints
    specimen_id  bigint    NOT NULL REFERENCES specimens,    -- in whose frame the print was taken
    statement_id bigint    NOT NULL REFERENCES statements,
    method       smallint  NOT NULL,                         -- models.PrintMethod: others do not compare
    print        bit(1024) NOT NULL,                         -- models.Print
    PRIMARY KEY (receipt_id, imprint_no, specimen_id)
);
-- One seal's prints lie side by side and are compared without touching the table:
-- a look-up reads what this seal has left, whatever the size of the archive.
CREATE INDEX imprint_prints_seal ON imprint_prints (specimen_id, method) INCLUDE (statement_id, receipt_id, print);
CREATE INDEX specimens_object ON specimens (object_sha256);
COMMENT ON TABLE imprint_prints IS 'print of an imprint (印文): tells one stamping from all others of the same seal';

-- +goose Down
DROP INDEX specimens_object;
DROP TABLE imprint_prints;
