-- 合规率 = 入库条数 ÷ 报送条数 (domain.md §6.1). A refused row counts in the denominator; an exact re-send counts for nothing.
SELECT
    periods.period, unit, dataset_id, provider_id,
    sum(rows_accepted) AS numerator,
    sum(rows_in) AS denominator
FROM deliveries JOIN periods ON received_on >= first_day AND received_on < end_day
GROUP BY ALL
