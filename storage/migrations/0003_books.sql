-- What the bank's books say: customers, accounts, specimens, seal rules,
-- periods, statements. Ranges are half-open: valid_to is the first day out.

-- +goose Up
CREATE EXTENSION IF NOT EXISTS btree_gist; -- trusted: needs no superuser

CREATE TABLE customers (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    branch_id  bigint      NOT NULL REFERENCES branches,
    no         text        NOT NULL UNIQUE CHECK (no ~ '^\S{1,64}$'), -- as core banking names the customer
    name       text        NOT NULL CHECK (name <> ''),
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX customers_branch ON customers (branch_id);
CREATE INDEX customers_name ON customers (name text_pattern_ops);
COMMENT ON TABLE customers IS 'customer (客户)';

CREATE TABLE accounts (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id bigint      NOT NULL REFERENCES customers,
    account_no  text        NOT NULL CHECK (account_no ~ '^[0-9]{4,40}$'),
    currency    char(3)     NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    created_at  timestamptz NOT NULL DEFAULT now(),
    UNIQUE (account_no, currency)
);
CREATE INDEX accounts_customer ON accounts (customer_id);
COMMENT ON TABLE accounts IS 'account (账户) of a customer';

CREATE TABLE specimens (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id   bigint REFERENCES customers, -- null: the bank's own seal
    ref           text        NOT NULL CHECK (ref ~ '^\S{1,64}$'), -- how the seal rule names it
    kind          text        NOT NULL CHECK (kind IN ('company', 'finance', 'personal', 'bank', 'other')),
    shape         text        NOT NULL CHECK (shape IN ('round', 'oval', 'square', 'rect')),
    role          text        NOT NULL CHECK (role IN ('client', 'bank')),
    dpi           double precision NOT NULL CHECK (dpi BETWEEN 50 AND 2400),
    object_sha256 text        NOT NULL REFERENCES objects,
    valid_from    date        NOT NULL,
    valid_to      date, -- null: in force
    maker         bigint REFERENCES users, -- null: loaded by an import, named in the audit
    checker       bigint REFERENCES users,
    created_at    timestamptz NOT NULL DEFAULT now(),
    CHECK (valid_to > valid_from),
    CHECK ((role = 'client') = (customer_id IS NOT NULL)),
    CONSTRAINT specimens_four_eyes CHECK (maker <> checker),
    -- one image in force a day under one name
    CONSTRAINT specimens_one_in_force EXCLUDE USING gist
        ((coalesce(customer_id, 0)) WITH =, ref WITH =, daterange(valid_from, valid_to) WITH &&)
);
CREATE INDEX specimens_customer ON specimens (customer_id, valid_from);
COMMENT ON TABLE specimens IS 'specimen (预留印鉴): the seal''s reference image on file, with effective dates, maker and checker';

CREATE TABLE seal_rules (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id bigint      NOT NULL REFERENCES customers,
    rule        jsonb       NOT NULL CHECK (jsonb_typeof(rule) = 'object' AND
                    (rule ? 'seal')::int + (rule ? 'all')::int + (rule ? 'any')::int = 1),
    valid_from  date        NOT NULL,
    valid_to    date,
    maker       bigint REFERENCES users,
    checker     bigint REFERENCES users,
    created_at  timestamptz NOT NULL DEFAULT now(),
    CHECK (valid_to > valid_from),
    CONSTRAINT seal_rules_four_eyes CHECK (maker <> checker),
    CONSTRAINT seal_rules_one_in_force EXCLUDE USING gist
        (customer_id WITH =, daterange(valid_from, valid_to) WITH &&)
);
COMMENT ON TABLE seal_rules IS 'seal rule (印鉴组合): which specimens must match, in the JSON form of models.SealRule';

CREATE TABLE periods (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    branch_id bigint REFERENCES branches, -- null: of the whole centre
    cut_off   date        NOT NULL,
    state     text        NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'closed')),
    opened_at timestamptz NOT NULL DEFAULT now(),
    closed_at timestamptz,
    CHECK ((state = 'closed') = (closed_at IS NOT NULL)),
    UNIQUE NULLS NOT DISTINCT (branch_id, cut_off)
);
COMMENT ON TABLE periods IS 'period (账期): the cut-off date and the set of statements issued for it';

CREATE TABLE statements (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    no          text        NOT NULL UNIQUE CHECK (no ~ '^\S{1,64}$'),
    customer_id bigint      NOT NULL REFERENCES customers,
    period_id   bigint      NOT NULL REFERENCES periods,
    round       smallint    NOT NULL DEFAULT 1 CHECK (round >= 1), -- 2: second round (二次对账)
    created_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX statements_customer ON statements (customer_id);
CREATE INDEX statements_period ON statements (period_id);
COMMENT ON TABLE statements IS 'statement (余额对账单) of one customer for one period';

CREATE TABLE statement_lines (
    statement_id bigint         NOT NULL REFERENCES statements ON DELETE CASCADE,
    line_no      smallint       NOT NULL CHECK (line_no >= 1),
    account_no   text           NOT NULL CHECK (account_no ~ '^[0-9]{4,40}$'),
    currency     char(3)        NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    balance      numeric(20, 2) NOT NULL,
    PRIMARY KEY (statement_id, line_no),
    UNIQUE (statement_id, account_no, currency)
);
CREATE INDEX statement_lines_account ON statement_lines (account_no);
COMMENT ON TABLE statement_lines IS 'statement line (行): one account with its balance at the cut-off date';

-- +goose Down
DROP TABLE statement_lines, statements, periods, seal_rules, specimens, accounts, customers;
