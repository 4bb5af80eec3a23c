-- The rates with which an algorithm does best, from the database of one of experiments/anarchic-rates-*.ini:
--   sqlite3 -box runs/anarchic-rates-mnist-full/kith.db <docs/papers/anarchic-rates.sql
-- accuracy: mean of the last three evaluations. edge: which of the two is the least or greatest
-- of its grid. A run that failed counts as 0.

create temp view pair as
select r.algorithm, case kind.value when 'label-k' then labels.value else kind.value end as data,
       cast(lr.value as real) as local,
       case server.value when 'inf' then 9e99 else cast(server.value as real) end as server,
       case r.status when 'done' then
           (select avg(value) from (select value from metrics m where m.run = r.id and m.name = 'test_accuracy'
            order by round desc limit 3)) else 0 end as accuracy
from runs r
join parameters kind on kind.run = r.id and kind.section = 'partition' and kind.key = 'kind'
left join parameters labels on labels.run = r.id and labels.section = 'partition' and labels.key = 'labels'
join parameters lr on lr.run = r.id and lr.section = 'local' and lr.key = 'lr'
join parameters server on server.run = r.id and server.section = r.algorithm
    and server.key = case when r.algorithm in ('fedasync', 'feddyn') then 'alpha' when r.algorithm = 'asgd' then 'tau_c'
                     else 'server_lr' end
where r.status != 'running';

select data, algorithm, count(*) as pairs, local, server, round(max(accuracy), 4) as accuracy,
       trim(case when local in (min_local, max_local) then 'local ' else '' end
            || case when server in (min_server, max_server) then 'server' else '' end) as edge
from (select *, min(local) over w as min_local, max(local) over w as max_local, min(server) over w as min_server,
             max(server) over w as max_server from pair window w as (partition by algorithm))
group by data, algorithm order by cast(data as integer), data, max(accuracy) desc;
