-- A second factor's secret lies here encrypted: "key id:base64" (web: vault.go). What
-- lies in the clear from before is encrypted when the API starts.

-- +goose Up
ALTER TABLE users DROP CONSTRAINT users_totp_secret_check,
    ADD CONSTRAINT users_totp_secret_check CHECK (totp_secret ~ '^([A-Z2-7]{32,}|[A-Za-z0-9_-]{1,32}:[A-Za-z0-9+/]+=*)$');

-- +goose Down
-- Without the key nobody can read them: people enrol again.
UPDATE users SET totp_secret = NULL WHERE totp_secret LIKE '%:%';
ALTER TABLE users DROP CONSTRAINT users_totp_secret_check,
    ADD CONSTRAINT users_totp_secret_check CHECK (totp_secret ~ '^[A-Z2-7]{32,}$');
