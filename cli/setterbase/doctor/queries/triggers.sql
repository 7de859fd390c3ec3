-- Counters, milestones and figures are kept by triggers: none is switched off. A restore or a bulk
-- load leaves them so.
select
  format('The trigger %I of %s is switched off.', t.tgname, t.tgrelid::regclass) as what,
  format(
    'alter table %s enable trigger %I; then `setterbase kpis refresh --full`.',
    t.tgrelid::regclass, t.tgname
  ) as mend
from pg_catalog.pg_trigger as t
inner join pg_catalog.pg_class as c on t.tgrelid = c.oid
where
  c.relnamespace in ('public'::regnamespace, 'private'::regnamespace)
  and t.tgenabled in ('D', 'R')
  and not t.tgisinternal
order by t.tgrelid::regclass::text, t.tgname
