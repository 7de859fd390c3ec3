-- All of it belongs to one role, who can then refresh and migrate it: what somebody else made by
-- hand fails later.
with owned (name, owner, kind) as (
  select
    c.oid::regclass::text,
    c.relowner,
    case c.relkind
      when 'v' then 'view' when 'm' then 'materialized view' when 'S' then 'sequence'
      else 'table'
    end
  from pg_catalog.pg_class as c
  where
    c.relnamespace in ('public'::regnamespace, 'private'::regnamespace)
    and c.relkind in ('r', 'p', 'v', 'm', 'S')
    -- A serial's sequence follows its table; what an extension made is the extension's.
    and not exists (
      select from pg_catalog.pg_depend as d
      where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype in ('a', 'i', 'e')
    )
  union all
  select
    p.oid::regprocedure::text,
    p.proowner,
    'routine'
  from pg_catalog.pg_proc as p
  where
    p.pronamespace in ('public'::regnamespace, 'private'::regnamespace)
    and not exists (
      select from pg_catalog.pg_depend as d
      where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e'
    )
)
select
  format('%s %s belongs to %s, not to the owner of the rest.', initcap(o.kind), o.name, r.rolname)
    as what,
  format('alter %s %s owner to %I;', o.kind, o.name, w.rolname) as mend,
  'warning' as verdict
from owned as o
inner join pg_catalog.pg_roles as r on o.owner = r.oid
cross join (
  select t.rolname, t.oid
  from pg_catalog.pg_class as c
  inner join pg_catalog.pg_roles as t on c.relowner = t.oid
  where c.oid = 'public.coachs'::regclass
) as w
where o.owner <> w.oid
order by o.name
