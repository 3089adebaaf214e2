-- 目录覆盖率 = feeds of which accepted rows came in any of their slots due in the period ÷ feeds with a slot due in the period.
-- A feed is a provider and a dataset it owes. A delivery counts for its own unit's feed only; provider_id is null where the
-- catalogue no longer names the provider, whose deliveries stay with the unit's feed.
WITH due AS (
    SELECT
        slots.period, slots.unit, slots.dataset_id, slots.provider_id,
        bool_or(deliveries.batch_id IS NOT NULL) AS covered
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
SELECT period, unit, dataset_id, provider_id, count(*) FILTER (covered) AS numerator, count(*) AS denominator
FROM due
GROUP BY ALL
