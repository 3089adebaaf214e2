-- 必填完整率 = filled required cells ÷ required cells, conditional ones included where their condition holds; refused rows count.
SELECT
    periods.period, unit, dataset_id, provider_id,
    sum(required_cells - missing_cells) AS numerator,
    sum(required_cells) AS denominator
FROM deliveries JOIN periods ON received_on >= first_day AND received_on < end_day
GROUP BY ALL
