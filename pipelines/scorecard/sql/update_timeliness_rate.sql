-- 更新及时率 = feeds that brought accepted rows ÷ feeds due. A feed is a provider and a dataset it owes; a yearly one is not due in a month.
-- current_provider_id is null for a provider the catalogue no longer names: its deliveries stay with the region's feed.
SELECT
    feeds.region_code,
    feeds.dataset_id,
    count(*) FILTER (
        EXISTS (
            SELECT 1
            FROM batches
            WHERE batches.region_code = feeds.region_code
                AND batches.dataset_id = feeds.dataset_id
                AND coalesce(batches.current_provider_id, feeds.provider_id) = feeds.provider_id
                AND batches.received_on >= $period_start AND batches.received_on < $period_end
                AND batches.status <> 'duplicate' AND batches.rows_accepted > 0
        )
    ) AS numerator,
    count(*) AS denominator
FROM feeds
WHERE feeds.update_cycle <> 'yearly'
GROUP BY feeds.region_code, feeds.dataset_id
