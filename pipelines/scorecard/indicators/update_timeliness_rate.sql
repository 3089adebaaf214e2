-- 更新及时率 = slots in which accepted rows came ÷ slots due in the period; a feed has one slot for each of its update cycles.
WITH due AS (
    SELECT
        slots.period, slots.unit, slots.dataset_id, slots.provider_id, slot_first,
        bool_or(deliveries.batch_id IS NOT NULL) AS came
    FROM slots
    JOIN periods USING (period)
    LEFT JOIN deliveries
        ON deliveries.unit = slots.unit
        AND deliveries.dataset_id = slots.dataset_id
        AND coalesce(deliveries.provider_id, slots.provider_id) = slots.provider_id
        AND deliveries.received_on >= slot_first AND deliveries.received_on < least(slot_end, end_day)
        AND deliveries.rows_accepted > 0
    GROUP BY ALL
)
SELECT period, unit, dataset_id, provider_id, count(*) FILTER (came) AS numerator, count(*) AS denominator
FROM due
GROUP BY ALL
