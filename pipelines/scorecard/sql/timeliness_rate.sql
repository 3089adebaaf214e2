-- 及时率 = 1 - 迟报率: accepted rows first received within the deadline of their dataset ÷ accepted rows that have a deadline.
SELECT region_code, dataset_id, sum(dated_rows - late_rows) AS numerator, sum(dated_rows) AS denominator
FROM batches
WHERE received_on >= $period_start AND received_on < $period_end AND status <> 'duplicate'
GROUP BY region_code, dataset_id
