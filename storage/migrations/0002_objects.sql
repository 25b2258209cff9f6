-- What lies in the object store.

-- +goose Up
CREATE TABLE objects (
    sha256       text        PRIMARY KEY CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    bucket       text        NOT NULL CHECK (bucket <> ''),
    key          text        NOT NULL CHECK (key <> ''),
    version_id   text        NOT NULL DEFAULT '', -- empty when the bucket keeps no versions
    size_bytes   bigint      NOT NULL CHECK (size_bytes > 0),
    content_type text        NOT NULL CHECK (content_type <> ''),
    created_at   timestamptz NOT NULL DEFAULT now(),
    UNIQUE (bucket, key)
);
COMMENT ON TABLE objects IS 'image bytes in the object store, named by their SHA-256, written once; a row exists only after they were read back';

-- +goose Down
DROP TABLE objects;
