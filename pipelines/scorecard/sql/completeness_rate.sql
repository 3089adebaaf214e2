-- 必填完整率 = filled required cells ÷ required cells, conditional ones included where their condition holds; refused rows count.
SELECT region_code, dataset_id, sum(required_cells - missing_cells) AS numerator, sum(required_cells) AS denominator
FROM batches
WHERE received_on >= $period_start AND received_on < $period_end AND status <> 'duplicate'
GROUP BY region_code, dataset_id
