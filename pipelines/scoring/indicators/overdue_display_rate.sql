-- 超期公示率 = records displayed past the longest time allowed ÷ records displayed, of each product as it stood last before the end of
-- the period; lower is better. Red line: more than 1 % (domain.md §6.3). A release counts what it shows when it is made; where a
-- newer one was refused, what the standing one still shows was counted again on that day.
WITH latest AS (
    SELECT periods.period, product_id, max((as_of, release_id)) AS stood
    FROM displays JOIN periods ON CAST(CAST(as_of AS TIMESTAMP) + INTERVAL 8 HOUR AS DATE) < end_day
    GROUP BY ALL
)
SELECT latest.period, unit, dataset_id, provider_id, sum(overdue) AS numerator, sum(displayed) AS denominator
FROM latest JOIN displays ON displays.product_id = latest.product_id AND (as_of, release_id) = stood
GROUP BY ALL
