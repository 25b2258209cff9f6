-- Where a statement is to be posted, when what the books say was wrong: a branch
-- enters the right address, another person checks it, the next statements go there.

-- +goose Up
CREATE TABLE address_corrections (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id bigint      NOT NULL REFERENCES customers,
    address     text        NOT NULL CHECK (address <> '' AND length(address) <= 200),
    postcode    text        NOT NULL CHECK (postcode ~ '^([0-9]{6})?$'),
    contact     text        NOT NULL CHECK (length(contact) <= 64),
    phone       text        NOT NULL CHECK (phone ~ '^[0-9+() -]{0,32}$'),
    note        text        NOT NULL CHECK (note <> '' AND length(note) <= 1000), -- how the branch knows
    maker       bigint      NOT NULL REFERENCES users,
    made_at     timestamptz NOT NULL DEFAULT now(),
    state       text        NOT NULL DEFAULT 'proposed' CHECK (state IN ('proposed', 'approved', 'refused')),
    checker     bigint REFERENCES users,
    checked_at  timestamptz,
    reason      text        NOT NULL DEFAULT '' CHECK (length(reason) <= 1000), -- of a refusal
    CONSTRAINT address_corrections_four_eyes CHECK (maker <> checker),
    CONSTRAINT address_corrections_check_is_whole CHECK
        ((state = 'proposed') = (checker IS NULL) AND (checker IS NULL) = (checked_at IS NULL)),
    CONSTRAINT address_corrections_refused_has_reason CHECK (state <> 'refused' OR reason <> '')
);
CREATE UNIQUE INDEX address_corrections_one_open ON address_corrections (customer_id) WHERE state = 'proposed';
CREATE INDEX address_corrections_customer ON address_corrections (customer_id, checked_at DESC) WHERE state = 'approved';
COMMENT ON TABLE address_corrections IS 'mailing address of a customer (通讯地址) as a branch corrects it; the last approved one holds';

-- +goose Down
DROP TABLE address_corrections;
