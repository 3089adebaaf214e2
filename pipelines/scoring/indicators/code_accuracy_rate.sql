-- 主体代码准确率 = rows with a valid credit code ÷ rows that need or have one; refused rows count.
SELECT
    periods.period, unit, dataset_id, provider_id,
    sum(code_valid_rows) AS numerator,
    sum(code_rows) AS denominator
FROM deliveries JOIN periods ON received_on >= first_day AND received_on < end_day
GROUP BY ALL
