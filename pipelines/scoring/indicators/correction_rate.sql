-- 纠正率 = refused rows that a later delivery corrected before the end of the period ÷ refused rows whose days for it ran out in the
-- period; waived rows are in neither. A row refused yesterday is not due yet.
WITH due AS (
    SELECT periods.period, unit, dataset_id, provider_id, sum(rows_refused) AS refused
    FROM deliveries JOIN periods
        ON received_on + CAST($correction_days AS INTEGER) >= first_day
        AND received_on + CAST($correction_days AS INTEGER) < over_day
    WHERE rows_refused > 0
    GROUP BY ALL
),
closed AS (
    SELECT
        periods.period, unit, dataset_id, provider_id,
        sum(rows) FILTER (closed_by = 'batch') AS corrected,
        sum(rows) FILTER (closed_by = 'waiver') AS waived
    FROM closures JOIN periods
        ON refused_on + CAST($correction_days AS INTEGER) >= first_day
        AND refused_on + CAST($correction_days AS INTEGER) < over_day
        AND closed_on < end_day
    GROUP BY ALL
)
SELECT
    due.period, due.unit, due.dataset_id, due.provider_id,
    coalesce(corrected, 0) AS numerator,
    refused - coalesce(waived, 0) AS denominator
FROM due
LEFT JOIN closed
    ON closed.period = due.period AND closed.unit = due.unit AND closed.dataset_id = due.dataset_id
    AND closed.provider_id IS NOT DISTINCT FROM due.provider_id
