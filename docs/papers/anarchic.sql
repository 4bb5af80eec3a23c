-- The tables of docs/papers/anarchic.md, from the database of experiments/anarchic-mnist.ini, -cifar or -shakespeare:
--   sqlite3 -box runs/anarchic-mnist/kith.db <docs/papers/anarchic.sql
-- Means over seeds and sample standard deviations, in percent of test accuracy.
--   rounds, bytes: after as many messages as the shortest runs have; the mean of the evaluations in the last seventh
--                  of these. All send and get as many bytes a message, so it is the accuracy at equal bytes, too.
--   time:          at the last evaluation up to T, when the first of the runs on the clock ends.
--   until:         virtual time until a run first is where AFA-CD of the same seed is at T; how many of them get there.

create temp table point as
select r.algorithm, r.seed, case kind.value when 'label-k' then labels.value else kind.value end as data,
       m.round * arrivals.value as messages, m.virtual_time as at, m.value as accuracy
from runs r
join parameters kind on kind.run = r.id and kind.section = 'partition' and kind.key = 'kind'
left join parameters labels on labels.run = r.id and labels.section = 'partition' and labels.key = 'labels'
join parameters arrivals on arrivals.run = r.id and arrivals.section = 'participation' and arrivals.key = 'arrivals'
join metrics m on m.run = r.id and m.name = 'test_accuracy'
where r.status = 'done';

create temp table ended as
select data, algorithm, seed, max(at) as at, max(messages) as messages from point group by data, algorithm, seed;

create temp table common as select data, min(at) as T, min(messages) as messages from ended group by data;

create temp table run as
select e.*, c.T,
       (select avg(accuracy) from point p where (p.data, p.algorithm, p.seed) = (e.data, e.algorithm, e.seed)
        and p.messages > c.messages * 6.0 / 7 and p.messages <= c.messages) as equal_messages,
       (select accuracy from point p where (p.data, p.algorithm, p.seed) = (e.data, e.algorithm, e.seed)
        and p.at <= c.T order by p.at desc limit 1) as equal_time
from ended e join common c using (data);

create temp view told as
select r.*, (select min(p.at) from point p where (p.data, p.algorithm, p.seed) = (r.data, r.algorithm, r.seed)
             and p.accuracy >= (select equal_time from run a where (a.data, a.seed) = (r.data, r.seed)
                                and a.algorithm = 'afa-cd')) as until
from run r;

select data, round(max(T), 1) as T, algorithm, count(*) as seeds,
       printf('%.1f ± %.1f', 100 * avg(equal_messages), 100 * sqrt(max(0, (sum(equal_messages * equal_messages)
              - count(*) * avg(equal_messages) * avg(equal_messages)) / max(1, count(*) - 1)))) as "rounds, bytes",
       printf('%.1f ± %.1f', 100 * avg(equal_time), 100 * sqrt(max(0, (sum(equal_time * equal_time)
              - count(*) * avg(equal_time) * avg(equal_time)) / max(1, count(*) - 1)))) as time,
       case count(until) when 0 then 'none'
            else printf('%.1f s, %d of %d', avg(until), count(until), count(*)) end as until,
       round(avg(at), 1) as ends
from told group by data, algorithm order by cast(data as integer), data, avg(equal_messages) desc;
