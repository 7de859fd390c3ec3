-- The columns that draw their values from sequences: as identity, as owner, or by their default.
select
  d.objid as sequence,
  d.refobjid as relation,
  a.attname as name
from pg_depend d
join pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
where d.classid = 'pg_class'::regclass
  and d.refclassid = 'pg_class'::regclass
  and d.refobjsubid > 0
  and d.deptype in ('a', 'i')
union
select
  d.refobjid,
  f.adrelid,
  a.attname
from pg_depend d
join pg_attrdef f on f.oid = d.objid
join pg_attribute a on a.attrelid = f.adrelid and a.attnum = f.adnum
join pg_class c on c.oid = d.refobjid and c.relkind = 'S'
where d.classid = 'pg_attrdef'::regclass
  and d.refclassid = 'pg_class'::regclass;
