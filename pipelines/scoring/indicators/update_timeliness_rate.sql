-- 更新及时率 = slots in which accepted rows came ÷ slots due in the period; a feed has one slot for each of its update cycles.
SELECT period, unit, dataset_id, provider_id, count(*) FILTER (came) AS numerator, count(*) AS denominator
FROM slots
GROUP BY ALL
