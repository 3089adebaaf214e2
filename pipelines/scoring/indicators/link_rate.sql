-- 关联率 = accepted rows whose credit code stands in the registrations by the end of the period ÷ accepted rows with a credit code.
-- The registrations themselves do not count; before any registration came there is nothing to link to, and nothing is measured.
WITH base_began AS (
    SELECT min(known_from) AS began FROM base
)
SELECT
    periods.period, unit, dataset_id, provider_id,
    count(*) FILTER (known_from < end_day) AS numerator,
    count(*) AS denominator
FROM records
JOIN periods ON received_on >= first_day AND received_on < end_day
CROSS JOIN base_began
WHERE has_code AND began < end_day
GROUP BY ALL
