-- Working days: Monday to Friday, but for public holidays and the weekend days
-- worked instead (调休).

-- +goose Up
CREATE TABLE calendar (
    day     date PRIMARY KEY CHECK (day BETWEEN '2000-01-01' AND '2199-12-31'),
    working boolean NOT NULL,
    name    text    NOT NULL CHECK (name <> '' AND length(name) <= 64)
);
COMMENT ON TABLE calendar IS 'days that are not what their weekday says: holidays, and weekend days worked instead';

CREATE FUNCTION is_working_day(asked date) RETURNS boolean
    LANGUAGE sql STABLE AS
$$ SELECT coalesce((SELECT c.working FROM calendar c WHERE c.day = asked), extract(isodow FROM asked) < 6) $$;

-- The same time of day, n working days later in the bank's time.
-- +goose StatementBegin
CREATE FUNCTION working_days_after(start timestamptz, n integer) RETURNS timestamptz
    LANGUAGE plpgsql STABLE AS
$$
DECLARE
    day date := bank_date(start);
BEGIN
    WHILE n > 0 LOOP
        day := day + 1;
        IF is_working_day(day) THEN
            n := n - 1;
        END IF;
    END LOOP;
    RETURN start + make_interval(days => day - bank_date(start));
END
$$;
-- +goose StatementEnd

-- Working days from one day to a later one, the first not counted; less than 0 when
-- the second is earlier.
CREATE FUNCTION working_days_between(a date, b date) RETURNS integer
    LANGUAGE sql STABLE AS
$$
    SELECT sign(b - a)::integer * count(*)::integer FROM generate_series(least(a, b) + 1, greatest(a, b), interval '1 day') d WHERE is_working_day(d::date)
$$;

-- +goose Down
DROP FUNCTION working_days_between, working_days_after, is_working_day;
DROP TABLE calendar;
