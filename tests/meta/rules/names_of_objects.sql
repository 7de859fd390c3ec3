-- snake_case everywhere; trigger functions say whose they are, triggers when they come.
select c.oid::regclass::text as offender
from pg_catalog.pg_class as c
where
  c.relnamespace in ('public'::regnamespace, 'private'::regnamespace)
  and c.relname !~ '^[a-z][a-z0-9_]*$'
union all
select c.oid::regclass || '.' || a.attname
from pg_catalog.pg_attribute as a
inner join pg_catalog.pg_class as c on a.attrelid = c.oid
where
  c.relnamespace in ('public'::regnamespace, 'private'::regnamespace)
  and c.relkind in ('r', 'p', 'v', 'm')
  and a.attnum > 0
  and not a.attisdropped
  and a.attname !~ '^[a-z][a-z0-9_]*$'
union all
select p.oid::regprocedure::text
from pg_catalog.pg_proc as p
where
  p.pronamespace in ('public'::regnamespace, 'private'::regnamespace)
  and (
    p.proname !~ '^[a-z][a-z0-9_]*$'
    or (p.prorettype = 'trigger'::regtype) <> (p.proname ~ '^tg_')
  )
union all
select c.oid::regclass || '.' || t.tgname
from pg_catalog.pg_trigger as t
inner join pg_catalog.pg_class as c on t.tgrelid = c.oid
inner join pg_catalog.pg_proc as p on t.tgfoid = p.oid
where
  c.relnamespace in ('public'::regnamespace, 'private'::regnamespace)
  and not t.tgisinternal
  and (
    t.tgname !~ '^_[0-9]{3}_[a-z_]+$'
    or p.proname not in (
      'tg_' || c.relname || '__' || substr(t.tgname, 6), 'tg_' || substr(t.tgname, 6)
    )
  )
