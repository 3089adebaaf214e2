-- 修复同步率 = repaired records taken down by the day they were due ÷ repaired records due in the period. A record that was in
-- several products counts once, and is in time where it was in all of them.
WITH records_due AS (
    SELECT
        unit, dataset_id, provider_id, record,
        max(due_on) AS due_on,
        bool_and(taken_down_on IS NOT NULL AND taken_down_on <= due_on) AS in_time
    FROM takedowns
    WHERE reason = 'repaired'
    GROUP BY ALL
)
SELECT
    periods.period, unit, dataset_id, provider_id,
    count(*) FILTER (in_time) AS numerator,
    count(*) AS denominator
FROM records_due JOIN periods ON due_on >= first_day AND due_on < end_day
GROUP BY ALL
