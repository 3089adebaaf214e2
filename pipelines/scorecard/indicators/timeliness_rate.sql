-- 上报及时率 = 1 - 迟报率: records first accepted within the deadline of their dataset ÷ records with a deadline first accepted in the
-- period. A record counts once, in the period in which the hub first had it: who corrects it later loses nothing, and sending it
-- again gains nothing. Between rows of one record that came on the same first day, one in time is enough.
WITH firsts AS (
    SELECT unit, dataset_id, provider_id, first_on, in_time
    FROM (
        SELECT
            unit, dataset_id, key_1, key_2,
            min(received_on) AS first_on,
            arg_min(provider_id, received_on) AS provider_id,
            arg_min(in_time, (received_on, NOT in_time)) AS in_time
        FROM records
        WHERE in_time IS NOT NULL
        GROUP BY ALL
    )
)
SELECT
    periods.period, unit, dataset_id, provider_id,
    count(*) FILTER (in_time) AS numerator,
    count(*) AS denominator
FROM firsts JOIN periods ON first_on >= first_day AND first_on < end_day
GROUP BY ALL
