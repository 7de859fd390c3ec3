-- Another number for another structure: whatever is created, altered, dropped, truncated or, of
-- materialized views, refreshed makes a new version of a row in one of these catalogues.
select array_agg(told.version order by told.version) as structure
from (
  select md5(string_agg(concat_ws(' ', oid, xmin), ',' order by oid)) as version
  from pg_catalog.pg_class
  union all
  select md5(string_agg(concat_ws(' ', oid, xmin), ',' order by oid))
  from pg_catalog.pg_proc
  union all
  select md5(string_agg(concat_ws(' ', oid, xmin), ',' order by oid))
  from pg_catalog.pg_policy
  union all
  select md5(string_agg(concat_ws(' ', oid, xmin), ',' order by oid))
  from pg_catalog.pg_trigger
) as told;
