-- name: schema
-- One row per source that was ever run or paused, one per run, the size of each chart when it was last good, and
-- runs that are wanted now.
create table if not exists source (
    name text primary key,
    cursor text,
    budget text,
    breaker text,
    paused integer not null default 0,
    lease_holder text,
    lease_until integer
) strict;
create table if not exists run (
    id integer primary key,
    source text not null,
    started integer not null,
    ended integer,
    ending text,
    rows integer not null default 0,
    charts integer not null default 0,
    quarantined integer not null default 0,
    suspicious integer not null default 0,
    pages integer not null default 0,
    requests integer not null default 0,
    message text not null default '',
    again integer
) strict;
create index if not exists run_by_source on run (source, id);
create table if not exists chart (
    source text not null,
    chart text not null,
    size integer not null,
    at integer not null,
    primary key (source, chart)
) strict, without rowid;
create table if not exists mark (name text primary key, value text not null) strict;
create table if not exists wish (source text primary key, at integer not null) strict;

-- name: know
-- A source has its row from the first time anything is said of it.
insert into source (name) values (:source) on conflict do nothing;

-- name: lease
-- One step: of two processes that ask at once, one changes the row and the other none.
update source set lease_holder = :holder, lease_until = :until
where name = :source and (lease_holder is null or lease_until <= :now or lease_holder = :holder);

-- name: release
-- Only by its holder: a lease that expired may be another's by now.
update source set lease_holder = null, lease_until = null where name = :source and lease_holder = :holder;

-- name: release_all
-- The leases of processes that are known to be dead: those whose holders begin alike.
update source set lease_holder = null, lease_until = null where substr(lease_holder, 1, length(:prefix)) = :prefix;

-- name: holder
-- Who runs a source now.
select lease_holder from source where name = :source and lease_until > :now;

-- name: save
-- The cursor and what a client keeps, by the holder of the lease alone; the lease lasts on.
update source set cursor = :cursor, budget = :budget, breaker = :breaker, lease_until = :until
where name = :source and lease_holder = :holder;

-- name: kept
-- Where a source was left.
select cursor, budget, breaker, paused from source where name = :source;

-- name: pause
-- A paused source is left alone by the schedule.
update source set paused = :paused where name = :source;

-- name: wish
-- Somebody wants a run now; whoever asks again before it begins asks for the same one.
insert into wish (source, at) values (:source, :at) on conflict (source) do nothing;

-- name: wished
-- Since when a run is wanted.
select at from wish where source = :source;

-- name: fulfil
-- Any run that begins is the one that was wanted.
delete from wish where source = :source;

-- name: begin
-- A run that has not ended yet has no ending.
insert into run (source, started) values (:source, :started);

-- name: end
-- All that is known of a run in the end.
update run set ended = :ended, ending = :ending, rows = :rows, charts = :charts, quarantined = :quarantined,
    suspicious = :suspicious, pages = :pages, requests = :requests, message = :message, again = :again
where id = :id;

-- name: break_off
-- Runs that never ended although nobody else holds their source: the process was killed.
update run set ended = :now, ending = :ending, message = :message
where ended is null and source in (
    select name from source where lease_holder is null or lease_until <= :now or lease_holder = :holder
);

-- name: runs
-- The latest runs of a source, newest first.
select source, started, ended, ending, rows, charts, quarantined, suspicious, pages, requests, message, again
from run where source = :source order by id desc limit :most;

-- name: totals
-- What a source gave in all the runs that are still listed.
select coalesce(sum(rows), 0), coalesce(sum(charts), 0), coalesce(sum(quarantined), 0), min(started)
from run where source = :source;

-- name: last_of
-- When a run that ended in one of these ways ended last; of some endings only those count that brought something.
select max(ended) from run
where source = :source
  and (ending in (select value from json_each(:always)) or (
      ending in (select value from json_each(:with_something)) and rows + charts > 0
  ));

-- name: last_given
-- When anything came last.
select max(ended) from run where source = :source and rows + charts > 0;

-- name: prune
-- Runs that ended too long ago; the newest of each source stays, as the schedule goes on from it.
delete from run where ended < :before and id not in (select max(id) from run group by source);

-- name: sizes
-- How many rows each chart of a source had when it was last good.
select chart, size from chart where source = :source and at >= :since;

-- name: remember
-- The newest good chart is what the next one is compared with.
insert into chart (source, chart, size, at) values (:source, :chart, :size, :at)
on conflict (source, chart) do update set size = excluded.size, at = excluded.at;

-- name: set_mark
-- A word that outlives the process: what was published last.
insert into mark (name, value) values (:name, :value) on conflict (name) do update set value = excluded.value;

-- name: mark
-- The same, read.
select value from mark where name = :name;
