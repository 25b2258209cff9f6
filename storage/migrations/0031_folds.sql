-- How people looked at imprints when they judged.

-- +goose Up
CREATE TABLE folds (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    review_item_id bigint      NOT NULL REFERENCES review_items,
    by_user        bigint      NOT NULL REFERENCES users,
    at             timestamptz NOT NULL DEFAULT now(), -- the judgement's own time: both are written in one transaction
    folds          jsonb       NOT NULL CHECK (jsonb_typeof(folds) = 'array' AND jsonb_array_length(folds) > 0) -- of models.FoldUse
);
CREATE INDEX folds_item ON folds (review_item_id, by_user, at DESC);
COMMENT ON TABLE folds IS 'fold comparison (折角比对) as used by a person when he judged, to be replayed; append-only';
CREATE TRIGGER folds_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON folds
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- +goose Down
DROP TABLE folds;
