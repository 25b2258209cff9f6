-- How specimens come onto the books: what each was cut from and how good it is;
-- and what heyin itself cut out of a card waits here until a second person has
-- looked. A proposal is no specimen: nothing that asks for specimens can see it.

-- +goose Up
ALTER TABLE specimens
    -- where the picture comes from: [{"sha256", "place", "box"}], more than one for an average;
    -- empty: object_sha256 is the file as it came, before heyin graded specimens
    ADD COLUMN sources  jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(sources) = 'array'),
    ADD COLUMN grade    text CHECK (grade IN ('good', 'usable', 'rescan')), -- null: not graded
    ADD COLUMN findings jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(findings) = 'array'),
    ADD COLUMN note     text  NOT NULL DEFAULT '' CHECK (length(note) <= 1000), -- why a poor one was taken
    ADD CONSTRAINT specimens_poor_has_reason CHECK (grade <> 'rescan' OR note <> ''),
    ADD CONSTRAINT specimens_made_is_checked CHECK (maker IS NULL OR checker IS NOT NULL);

CREATE TABLE specimen_proposals (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id   bigint REFERENCES customers, -- null: the bank's own seal
    ref           text        NOT NULL CHECK (ref ~ '^\S{1,64}$'),
    kind          text        NOT NULL CHECK (kind IN ('company', 'finance', 'personal', 'bank', 'other')),
    shape         text        NOT NULL CHECK (shape IN ('round', 'oval', 'square', 'rect')),
    role          text        NOT NULL CHECK (role IN ('client', 'bank')),
    dpi           double precision NOT NULL CHECK (dpi BETWEEN 50 AND 2400),
    object_sha256 text        NOT NULL REFERENCES objects, -- a PNG that heyin drew
    sources       jsonb       NOT NULL CHECK (jsonb_typeof(sources) = 'array' AND jsonb_array_length(sources) > 0),
    grade         text        NOT NULL CHECK (grade IN ('good', 'usable', 'rescan')),
    findings      jsonb       NOT NULL CHECK (jsonb_typeof(findings) = 'array'),
    note          text        NOT NULL DEFAULT '' CHECK (length(note) <= 1000),
    valid_from    date        NOT NULL, -- as asked; in force no earlier than approved
    maker         bigint      NOT NULL REFERENCES users,
    made_at       timestamptz NOT NULL DEFAULT now(),
    state         text        NOT NULL DEFAULT 'proposed' CHECK (state IN ('proposed', 'approved', 'refused')),
    checker       bigint REFERENCES users,
    checked_at    timestamptz,
    reason        text        NOT NULL DEFAULT '' CHECK (length(reason) <= 1000), -- of a refusal
    specimen_id   bigint UNIQUE REFERENCES specimens, -- what it became
    CHECK ((role = 'client') = (customer_id IS NOT NULL)),
    CHECK (grade <> 'rescan' OR note <> ''),
    CONSTRAINT specimen_proposals_four_eyes CHECK (maker <> checker),
    CONSTRAINT specimen_proposals_check_is_whole CHECK
        ((state = 'proposed') = (checker IS NULL) AND (checker IS NULL) = (checked_at IS NULL)),
    CONSTRAINT specimen_proposals_approved_is_filed CHECK ((state = 'approved') = (specimen_id IS NOT NULL)),
    CONSTRAINT specimen_proposals_refused_has_reason CHECK (state <> 'refused' OR reason <> '')
);
CREATE UNIQUE INDEX specimen_proposals_one_open ON specimen_proposals (coalesce(customer_id, 0), ref) WHERE state = 'proposed';
CREATE INDEX specimen_proposals_state ON specimen_proposals (state, id);
COMMENT ON TABLE specimen_proposals IS 'a specimen (预留印鉴) one person proposes from a card and another approves or refuses';

-- +goose Down
DROP TABLE specimen_proposals;
ALTER TABLE specimens
    DROP CONSTRAINT specimens_made_is_checked, DROP CONSTRAINT specimens_poor_has_reason,
    DROP COLUMN note, DROP COLUMN findings, DROP COLUMN grade, DROP COLUMN sources;
