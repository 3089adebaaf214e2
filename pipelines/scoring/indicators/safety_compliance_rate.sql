-- 安全合规率 = rows sent without a personal identifier in their text ÷ rows sent; a row with several counts for each of them.
WITH breaches AS (
    SELECT periods.period, unit, dataset_id, provider_id, sum(rows) AS rows
    FROM broken JOIN periods ON received_on >= first_day AND received_on < end_day
    WHERE list_contains($checks, check_id)
    GROUP BY ALL
),
sent AS (
    SELECT periods.period, unit, dataset_id, provider_id, sum(rows_in) AS rows
    FROM deliveries JOIN periods ON received_on >= first_day AND received_on < end_day
    GROUP BY ALL
)
SELECT
    sent.period, sent.unit, sent.dataset_id, sent.provider_id,
    greatest(sent.rows - coalesce(breaches.rows, 0), 0) AS numerator,
    sent.rows AS denominator
FROM sent
LEFT JOIN breaches
    ON breaches.period = sent.period AND breaches.unit = sent.unit AND breaches.dataset_id = sent.dataset_id
    AND breaches.provider_id IS NOT DISTINCT FROM sent.provider_id
