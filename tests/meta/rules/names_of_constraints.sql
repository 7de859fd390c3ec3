-- <table>_<columns>_{pkey,key,fkey,check,idx}: an error names its table and columns.
select k.conrelid::regclass || '.' || k.conname as offender
from pg_catalog.pg_constraint as k
inner join pg_catalog.pg_class as c on k.conrelid = c.oid
where
  c.relnamespace in ('public'::regnamespace, 'private'::regnamespace)
  and k.contype in ('p', 'u', 'f', 'c')
  and case k.contype
    when 'p' then k.conname <> c.relname || '_pkey'
    when 'c' then not (starts_with(k.conname, c.relname || '_') and k.conname like '%\_check')
    else k.conname <> concat_ws(
      '_',
      c.relname,
      (
        select string_agg(a.attname, '_' order by n.position)
        from unnest(k.conkey) with ordinality as n (number, position)
        inner join pg_catalog.pg_attribute as a on a.attrelid = c.oid and n.number = a.attnum
      ),
      case k.contype when 'u' then 'key' else 'fkey' end
    )
  end
union all
select i.indexrelid::regclass::text
from pg_catalog.pg_index as i
inner join pg_catalog.pg_class as c on i.indrelid = c.oid
inner join pg_catalog.pg_class as x on i.indexrelid = x.oid
where
  c.relnamespace in ('public'::regnamespace, 'private'::regnamespace)
  and not exists (
    select from pg_catalog.pg_constraint as k
    where k.conindid = i.indexrelid and k.contype in ('p', 'u')
  )
  and not (
    starts_with(x.relname, c.relname || '_')
    and x.relname like case when i.indisunique then '%\_key' else '%\_idx' end
    and (
      0 = any(i.indkey)
      or x.relname = concat_ws(
        '_',
        c.relname,
        (
          select string_agg(a.attname, '_' order by n.position)
          from unnest(i.indkey) with ordinality as n (number, position)
          inner join pg_catalog.pg_attribute as a on a.attrelid = c.oid and n.number = a.attnum
        ),
        case when i.indisunique then 'key' else 'idx' end
      )
    )
  )
