-- 传输完整率 = files that arrived whole ÷ files that came. Whole: rows could be read, and the manifest, where one came, agrees.
-- A file without a manifest is not blamed for that: manifests are optional. An empty or unreadable file is not whole.
SELECT
    periods.period, unit, dataset_id, provider_id,
    count(*) FILTER (rows_in > 0 AND manifest IS DISTINCT FROM 'differs') AS numerator,
    count(*) AS denominator
FROM deliveries JOIN periods ON received_on >= first_day AND received_on < end_day
GROUP BY ALL
