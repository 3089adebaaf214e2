-- 重复率 = accepted rows in excess of one per record key ÷ accepted rows; lower is better.
-- What was refused is not in the lake, so a resubmission is never a duplicate of the rows that failed.
WITH keys AS (
    SELECT region_code, dataset_id, record_key, count(*) AS copies
    FROM records_keys
    WHERE received_on >= $period_start AND received_on < $period_end
    GROUP BY region_code, dataset_id, record_key
)
SELECT region_code, dataset_id, sum(copies - 1) AS numerator, sum(copies) AS denominator
FROM keys
GROUP BY region_code, dataset_id
