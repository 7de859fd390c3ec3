-- Types a column may have: kind, base, element, enum labels, domain checks, range subtype.
select
  t.oid,
  t.typname as name,
  t.typtype::text as kind,
  t.typcategory::text as category,
  format_type(t.oid, null) as formatted,
  t.typnotnull as not_null,
  nullif(t.typbasetype, 0) as base,
  t.typtypmod as base_typmod,
  case when t.typcategory = 'A' then nullif(t.typelem, 0) end as element,
  array(select e.enumlabel::text from pg_enum e where e.enumtypid = t.oid order by e.enumsortorder)
    as labels,
  array(
    select pg_get_constraintdef(k.oid) from pg_constraint k
    where k.contypid = t.oid and k.contype = 'c'
  ) as checks,
  (select r.rngsubtype from pg_range r where r.rngtypid = t.oid) as subtype,
  case when t.typtype = 'c' then t.typrelid end as relation
from pg_type t
where t.typtype <> 'p';
