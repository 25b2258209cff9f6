-- What a rule set sends to a person although the machine passed it. It only ever
-- takes passes away: nothing here can make one.

-- +goose Up
ALTER TABLE rule_sets
    ADD COLUMN passed_sample integer NOT NULL DEFAULT 0 CHECK (passed_sample BETWEEN 0 AND 1000000), -- of a million, drawn
    ADD COLUMN least_score   integer NOT NULL DEFAULT 0 CHECK (least_score BETWEEN 0 AND 1000000);   -- of a million: the weakest match scores at least this

-- The draw is of the statement: scanning its receipt again is no second chance. It is
-- another draw than that of the second person.
CREATE FUNCTION passed_draw(seed bytea, statement bigint) RETURNS integer
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT rule_draw(seed || 'passed'::bytea, statement, 1) $$;

-- +goose Down
DROP FUNCTION passed_draw;
ALTER TABLE rule_sets DROP COLUMN least_score, DROP COLUMN passed_sample;
