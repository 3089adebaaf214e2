-- 合规率 = 入库条数 ÷ 报送条数 (domain.md §6.1). A refused row counts in the denominator; an exact re-send counts for nothing.
SELECT region_code, dataset_id, sum(rows_accepted) AS numerator, sum(rows_in) AS denominator
FROM batches
WHERE received_on >= $period_start AND received_on < $period_end AND status <> 'duplicate'
GROUP BY region_code, dataset_id
