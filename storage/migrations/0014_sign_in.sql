-- How people prove who they are: a password with an age and a history, a second
-- factor, or the bank's own identity provider.

-- +goose Up
ALTER TABLE users
    ADD COLUMN password_at  timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN signed_out_at timestamptz, -- sessions older than this are over
    ADD COLUMN must_change  boolean     NOT NULL DEFAULT false, -- somebody else chose the password
    ADD COLUMN totp_secret  text CHECK (totp_secret ~ '^[A-Z2-7]{32,}$'), -- null: no second factor
    ADD COLUMN totp_step    bigint      NOT NULL DEFAULT 0, -- of the last code taken; none is taken twice
    ADD COLUMN oidc_subject text UNIQUE CHECK (oidc_subject <> ''); -- issuer and subject, bound at the first sign-in

CREATE TABLE old_passwords (
    user_id       bigint      NOT NULL REFERENCES users,
    password_hash text        NOT NULL CHECK (password_hash LIKE '$argon2id$%'),
    until         timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, until)
);
COMMENT ON TABLE old_passwords IS 'hashes of passwords a user has had, where the policy forbids to use them again';

-- +goose Down
DROP TABLE old_passwords;
ALTER TABLE users DROP COLUMN oidc_subject, DROP COLUMN totp_step, DROP COLUMN totp_secret, DROP COLUMN signed_out_at, DROP COLUMN must_change, DROP COLUMN password_at;
