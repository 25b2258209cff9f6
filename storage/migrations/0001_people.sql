-- Who uses heyin: branches, users, stations, sessions.

-- +goose Up
CREATE TABLE branches (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code       text        NOT NULL UNIQUE CHECK (code ~ '^[A-Za-z0-9_-]{1,32}$'),
    name       text        NOT NULL CHECK (name <> ''),
    created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE branches IS 'branch (网点): owns customers, stations and batches; the unit of who may see what';

CREATE TABLE users (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    branch_id     bigint REFERENCES branches, -- null: works at the centre, for all branches
    login         text        NOT NULL CHECK (login = lower(login) AND login ~ '^[^\s]{1,64}$'),
    name          text        NOT NULL CHECK (name <> ''),
    password_hash text        NOT NULL CHECK (password_hash LIKE '$argon2id$%'),
    roles         text[]      NOT NULL CHECK (cardinality(roles) > 0 AND roles <@ ARRAY
                      ['operator', 'reviewer', 'archivist', 'supervisor', 'branch', 'admin', 'auditor']),
    failed_logins integer     NOT NULL DEFAULT 0 CHECK (failed_logins >= 0), -- since the last good one
    locked_until  timestamptz,
    last_login_at timestamptz,
    disabled_at   timestamptz, -- null: may log in
    created_at    timestamptz NOT NULL DEFAULT now(),
    UNIQUE (login)
);
COMMENT ON TABLE users IS 'people who log in; a password is kept as an argon2id hash only';

CREATE TABLE stations (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    branch_id    bigint      NOT NULL REFERENCES branches,
    name         text        NOT NULL CHECK (name <> ''),
    token_hash   bytea       NOT NULL UNIQUE CHECK (octet_length(token_hash) = 32), -- SHA-256 of the bearer token
    disabled_at  timestamptz,
    last_seen_at timestamptz,
    created_at   timestamptz NOT NULL DEFAULT now(),
    UNIQUE (branch_id, name),
    UNIQUE (id, branch_id)
);
COMMENT ON TABLE stations IS 'scanning station; its bearer token is bound to one branch and stored hashed';

-- The shape is the one github.com/alexedwards/scs/pgxstore expects.
CREATE TABLE sessions (
    token  text        PRIMARY KEY,
    data   bytea       NOT NULL,
    expiry timestamptz NOT NULL
);
CREATE INDEX sessions_expiry ON sessions (expiry);
COMMENT ON TABLE sessions IS 'opaque login sessions of users';

-- +goose Down
DROP TABLE sessions, stations, users, branches;
