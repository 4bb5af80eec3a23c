-- The tables of docs/papers/single-merge.md, from the database of one of its sweeps:
--   sqlite3 -box runs/single-merge-mnist/kith.db <docs/papers/single-merge.sql
-- Means over seeds and sample standard deviations, at the last round of training (T) and after it; differences are
-- taken seed by seed.

create temp view setting as
select r.id as run, r.seed, cast(rounds.value as integer) as T, init.value as init, preset.value as preset,
       case preset.value when 'window' then sparse.value
            else replace(phases.value, ' for 100%; exponential', '') end as graph,
       cast(at.value as real) as at
from runs r
join parameters rounds on rounds.run = r.id and rounds.section = 'run' and rounds.key = 'rounds'
join parameters init on init.run = r.id and init.section = 'decentralized' and init.key = 'init'
join parameters preset on preset.run = r.id and preset.section = 'schedule' and preset.key = 'preset'
join parameters phases on phases.run = r.id and phases.section = 'schedule' and phases.key = 'phases'
join parameters sparse on sparse.run = r.id and sparse.section = 'schedule' and sparse.key = 'sparse'
join parameters at on at.run = r.id and at.section = 'schedule' and at.key = 'at'
where r.status = 'done';

create temp view found as
select s.*, m.name, m.round - s.T as after, m.value
from setting s join metrics m on m.run = s.run;

create temp view arm as
select graph, init, name, after, count(*) as n, avg(value) as mean,
       case when count(*) > 1
            then sqrt(max(0, (sum(value * value) - count(*) * avg(value) * avg(value)) / (count(*) - 1))) end as sd
from found where preset = 'phases' group by graph, init, name, after;

select a.graph, a.init, a.n as seeds,
       (select printf('%.3f ± %.3f', mean, sd) from arm b where b.graph = a.graph and b.init = a.init and b.after = 0
        and b.name = 'local_test_accuracy_before_mean') as "local, before mixing",
       (select printf('%.3f ± %.3f', mean, sd) from arm b where b.graph = a.graph and b.init = a.init and b.after = 0
        and b.name = 'local_test_accuracy_mean') as "local, after it",
       (select printf('%.3f, %.3f', min(mean), max(mean)) from arm b
         where b.graph = a.graph and b.init = a.init and b.after = 0
        and b.name in ('local_test_accuracy_min', 'local_test_accuracy_max')) as "least, most",
       (select printf('%.3f ± %.3f', mean, sd) from arm b where b.graph = a.graph and b.init = a.init and b.after = 1
        and b.name = 'local_test_accuracy_mean') as "after 1 round",
       (select printf('%.3f ± %.3f', mean, sd) from arm b where b.graph = a.graph and b.init = a.init and b.after = 5
        and b.name = 'local_test_accuracy_mean') as "after 5",
       printf('%.3f ± %.3f', a.mean, a.sd) as merged
from arm a where a.name = 'merged_test_accuracy' and a.after = 0
order by a.init desc, a.mean;

create temp view window as
select graph, at, seed,
       max(case name when 'merged_test_accuracy' then value end) as merged,
       max(case name when 'local_test_accuracy_before_mean' then value end) as local,
       max(case name when 'local_test_accuracy_mean' then value end) as mixed
from found where preset = 'window' and after = 0 group by graph, at, seed;

create temp view pair as
select w.graph, w.at, w.seed, w.local, w.mixed, w.merged, w.merged - none.merged as gain,
       w.local - none.local as local_gain,
       w.merged - first.merged as later, w.local - first.local as local_later
from window w
join window none on none.graph = w.graph and none.seed = w.seed and none.at = 1
join window first on first.graph = w.graph and first.seed = w.seed and first.at = 0;

create temp view moments as
select graph, at, count(*) as n, avg(local) as l, avg(mixed) as x, avg(merged) as m, avg(gain) as g,
       avg(local_gain) as lg,
       avg(later) as d, avg(local_later) as ld, max(count(*) - 1, 1) as f,
       sum(local * local) as ll, sum(mixed * mixed) as xx, sum(merged * merged) as mm, sum(gain * gain) as gg,
       sum(local_gain * local_gain) as lglg, sum(later * later) as dd, sum(local_later * local_later) as ldld
from pair group by graph, at;

select graph, case at when 1 then 'none' else at end as "window at", n as seeds,
       printf('%.3f ± %.3f', l, sqrt(max(0, (ll - n * l * l) / f))) as "local, before mixing",
       printf('%.3f ± %.3f', x, sqrt(max(0, (xx - n * x * x) / f))) as "after it",
       printf('%.3f ± %.3f', m, sqrt(max(0, (mm - n * m * m) / f))) as merged,
       printf('%+.3f ± %.3f', g, sqrt(max(0, (gg - n * g * g) / f))) as "merged, less no window",
       printf('%+.3f ± %.3f', d, sqrt(max(0, (dd - n * d * d) / f))) as "less the first window",
       printf('%+.3f ± %.3f', lg, sqrt(max(0, (lglg - n * lg * lg) / f))) as "local, less no window",
       printf('%+.3f ± %.3f', ld, sqrt(max(0, (ldld - n * ld * ld) / f))) as "less the first"
from moments order by graph, at;
