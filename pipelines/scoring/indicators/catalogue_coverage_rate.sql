-- 目录覆盖率 = feeds of which accepted rows came in any of their slots due in the period ÷ feeds with a slot due in the period.
-- A feed is a provider and a dataset it owes.
WITH feeds AS (
    SELECT period, unit, dataset_id, provider_id, bool_or(came) AS covered
    FROM slots
    GROUP BY ALL
)
SELECT period, unit, dataset_id, provider_id, count(*) FILTER (covered) AS numerator, count(*) AS denominator
FROM feeds
GROUP BY ALL
