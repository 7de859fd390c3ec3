-- An index that could not be built to its end costs at each write and serves no query.
select
  format('The index %s is not valid: its making was interrupted.', i.indexrelid::regclass) as what,
  format('reindex index concurrently %s;', i.indexrelid::regclass) as mend,
  case when i.indisunique then 'problem' else 'warning' end as verdict
from pg_catalog.pg_index as i
inner join pg_catalog.pg_class as c on i.indexrelid = c.oid
where
  c.relnamespace in ('public'::regnamespace, 'private'::regnamespace)
  and not i.indisvalid
order by i.indexrelid::regclass::text
