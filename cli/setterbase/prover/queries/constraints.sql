-- Keys, checks, foreign keys and exclusions, and unique indexes that are no constraint.
select
  k.conrelid as relation,
  k.conname as name,
  k.contype::text as kind,
  array(
    select a.attname::text from unnest(k.conkey) with ordinality as u (num, ord)
    join pg_attribute a on a.attrelid = k.conrelid and a.attnum = u.num order by u.ord
  ) as columns,
  nullif(k.confrelid, 0) as target,
  array(
    select a.attname::text from unnest(k.confkey) with ordinality as u (num, ord)
    join pg_attribute a on a.attrelid = k.confrelid and a.attnum = u.num order by u.ord
  ) as target_columns,
  k.confdeltype::text as on_delete,
  k.condeferrable as deferrable,
  pg_get_constraintdef(k.oid) as definition,
  false as partial
from pg_constraint k
join pg_namespace n on n.oid = k.connamespace
where k.contype in ('p', 'u', 'f', 'c', 'x')
  and k.conrelid <> 0
  and n.nspname not like 'pg\_%'
  and n.nspname <> 'information_schema'
union all
select
  i.indrelid,
  c.relname,
  'u',
  array(
    select a.attname::text from unnest(i.indkey::int2[]) with ordinality as u (num, ord)
    join pg_attribute a on a.attrelid = i.indrelid and a.attnum = u.num
    where u.ord <= i.indnkeyatts order by u.ord
  ),
  null,
  '{}',
  '',
  false,
  pg_get_indexdef(i.indexrelid),
  i.indpred is not null or i.indexprs is not null
from pg_index i
join pg_class c on c.oid = i.indexrelid
join pg_class t on t.oid = i.indrelid and t.relkind in ('r', 'p')
join pg_namespace n on n.oid = t.relnamespace
where i.indisunique
  and n.nspname not like 'pg\_%'
  and n.nspname <> 'information_schema'
  and not exists (select from pg_constraint k where k.conindid = i.indexrelid)
order by 1, 2;
