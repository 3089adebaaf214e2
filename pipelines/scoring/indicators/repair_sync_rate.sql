-- 修复同步率 = repaired records taken down by the day they were due ÷ repaired records whose day is over in the period. A record that
-- was in several products counts once, and is in time where it was in all of them. A row without taken_down_on: no release has
-- taken the record down, because publishing was refused or nobody published; the row of the run that does comes beside it.
WITH products AS (
    SELECT
        unit, dataset_id, provider_id, record, received_on, product_id,
        max(due_on) AS due_on, min(taken_down_on) AS taken_down_on
    FROM takedowns
    WHERE reason = 'repaired'
    GROUP BY ALL
),
records_due AS (
    SELECT
        unit, dataset_id, provider_id, record, received_on,
        max(due_on) AS due_on,
        bool_and(taken_down_on IS NOT NULL AND taken_down_on <= due_on) AS in_time
    FROM products
    GROUP BY ALL
)
SELECT
    periods.period, unit, dataset_id, provider_id,
    count(*) FILTER (in_time) AS numerator,
    count(*) AS denominator
FROM records_due JOIN periods ON due_on >= first_day AND due_on < over_day
GROUP BY ALL
