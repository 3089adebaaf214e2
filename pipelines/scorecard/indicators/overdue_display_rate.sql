-- 超期公示率 = records displayed past the longest time allowed ÷ records displayed, of each product's latest release before the end of
-- the period; lower is better. Red line: more than 1 % (domain.md §6.3).
WITH latest AS (
    SELECT periods.period, product_id, max(as_of) AS as_of
    FROM displays JOIN periods ON CAST(CAST(as_of AS TIMESTAMP) + INTERVAL 8 HOUR AS DATE) < end_day
    GROUP BY ALL
)
SELECT period, unit, dataset_id, provider_id, sum(overdue) AS numerator, sum(displayed) AS denominator
FROM latest JOIN displays USING (product_id, as_of)
GROUP BY ALL
