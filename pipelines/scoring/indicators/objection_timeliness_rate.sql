-- 异议处理及时率 = objections closed by the day they were due ÷ objections whose day is over in the period. An objection is counted once for several times: the
-- newest record before the end of the period counts.
WITH newest AS (
    SELECT
        periods.period, first_day, over_day, unit, dataset_id, key_1, key_2,
        arg_max(provider_id, received_on) AS provider_id,
        arg_max(due_on, received_on) AS due_on,
        min(closed_on) AS closed_on
    FROM cases JOIN periods ON received_on < end_day
    WHERE indicator = 'objection_timeliness_rate'
    GROUP BY ALL
)
SELECT
    period, unit, dataset_id, provider_id,
    count(*) FILTER (closed_on <= due_on) AS numerator,
    count(*) AS denominator
FROM newest
WHERE due_on >= first_day AND due_on < over_day
GROUP BY ALL
