-- 重复率 = accepted rows in excess of one per version of a record ÷ accepted rows; lower is better. A newer version is no duplicate.
-- What was refused is not in the lake, so a resubmission is never a duplicate of the rows that failed.
WITH copies AS (
    SELECT
        periods.period, unit, dataset_id, key_1, key_2, version,
        any_value(provider_id) AS provider_id,
        count(*) AS copies
    FROM records JOIN periods ON received_on >= first_day AND received_on < end_day
    GROUP BY ALL
)
SELECT period, unit, dataset_id, provider_id, sum(copies - 1) AS numerator, sum(copies) AS denominator
FROM copies
GROUP BY ALL
