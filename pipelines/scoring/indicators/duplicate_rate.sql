-- 重复率 = accepted rows in excess of one per version of a record ÷ accepted rows; lower is better. A newer version is no duplicate.
-- What was refused is not in the lake, so a resubmission is never a duplicate of the rows that failed.
WITH repeated AS (
    SELECT unit, dataset_id, key_1, key_2, version
    FROM records
    GROUP BY ALL
    HAVING count(*) > 1
),
copies AS (
    SELECT
        periods.period, unit, dataset_id, key_1, key_2, version,
        any_value(provider_id) AS provider_id,
        count(*) - 1 AS excess
    FROM records
    JOIN repeated USING (unit, dataset_id, key_1, key_2, version)
    JOIN periods ON received_on >= first_day AND received_on < end_day
    GROUP BY ALL
),
excess AS (
    SELECT period, unit, dataset_id, provider_id, sum(excess) AS rows
    FROM copies
    GROUP BY ALL
),
accepted AS (
    SELECT periods.period, unit, dataset_id, provider_id, count(*) AS rows
    FROM records JOIN periods ON received_on >= first_day AND received_on < end_day
    GROUP BY ALL
)
SELECT
    accepted.period, accepted.unit, accepted.dataset_id, accepted.provider_id,
    coalesce(excess.rows, 0) AS numerator,
    accepted.rows AS denominator
FROM accepted
LEFT JOIN excess
    ON excess.period = accepted.period AND excess.unit = accepted.unit AND excess.dataset_id = accepted.dataset_id
    AND excess.provider_id IS NOT DISTINCT FROM accepted.provider_id
