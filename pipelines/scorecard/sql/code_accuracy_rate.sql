-- 主体代码准确率 = rows with a valid credit code ÷ rows that need or have one; refused rows count.
SELECT region_code, dataset_id, sum(code_valid_rows) AS numerator, sum(code_rows) AS denominator
FROM batches
WHERE received_on >= $period_start AND received_on < $period_end AND status <> 'duplicate'
GROUP BY region_code, dataset_id
