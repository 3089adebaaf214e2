-- 上报及时率 = 1 - 迟报率: records first accepted within the deadline of their dataset ÷ records with a deadline first accepted in the
-- period. A record counts once, in the period in which the hub first had it: who corrects it later loses nothing, and sending it
-- again gains nothing. Between rows of one record that came on the same first day, one in time is enough.
-- Of a dataset of which rows were sent and not one was accepted, nothing was in time: all its rows count as late.
WITH firsts AS (
    SELECT
        unit, dataset_id, key_1, key_2,
        min(received_on) AS first_on,
        arg_min(provider_id, received_on) AS provider_id,
        arg_min(in_time, (received_on, NOT in_time)) AS in_time
    FROM records
    WHERE in_time IS NOT NULL
    GROUP BY ALL
),
refused AS (
    SELECT
        periods.period, unit, dataset_id, any_value(provider_id) AS provider_id,
        0 AS numerator, sum(rows_refused) AS denominator
    FROM deliveries
    JOIN datasets USING (dataset_id)
    JOIN periods ON received_on >= first_day AND received_on < end_day
    WHERE has_deadline
    GROUP BY periods.period, unit, dataset_id
    HAVING sum(rows_accepted) = 0 AND sum(rows_refused) > 0
)
SELECT
    periods.period, unit, dataset_id, provider_id,
    count(*) FILTER (in_time) AS numerator,
    count(*) AS denominator
FROM firsts JOIN periods ON first_on >= first_day AND first_on < end_day
GROUP BY ALL
UNION ALL
SELECT * FROM refused
