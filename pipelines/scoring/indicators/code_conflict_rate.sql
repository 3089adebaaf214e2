-- 重错码率 = subjects with a conflict ÷ subjects, of the latest release of the subject master before the end of the period; lower is better.
WITH latest AS (
    SELECT periods.period, max(as_of) AS as_of
    FROM subject_counts JOIN periods ON CAST(CAST(as_of AS TIMESTAMP) + INTERVAL 8 HOUR AS DATE) < end_day
    GROUP BY ALL
)
SELECT
    period, unit, 'subject' AS dataset_id, provider_id,
    coalesce(sum(number) FILTER (kind = 'conflicting'), 0) AS numerator,
    sum(number) FILTER (kind = 'subjects') AS denominator
FROM latest JOIN subject_counts USING (as_of)
GROUP BY ALL
HAVING denominator > 0
