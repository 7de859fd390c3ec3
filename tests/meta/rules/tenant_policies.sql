-- One form for every tenant policy. Whatever differs is an offender: other commands, other roles,
-- `for all`, `using (true)`, a helper that is called for each row, a column of an inner table.
select c.oid::regclass || '.' || p.polname as offender
from pg_catalog.pg_policy as p
inner join pg_catalog.pg_class as c on p.polrelid = c.oid
where
  c.relnamespace in ('public'::regnamespace, 'private'::regnamespace)
  and (
    not p.polpermissive
    or p.polcmd <> 'r'
    or p.polroles <> array['authenticated'::regrole::oid]
    or p.polwithcheck is not null
    or p.polname <> case
      when c.relname = 'kpi_catalog' then 'kpi_catalog_select_everybody'
      else c.relname || '_select_member'
    end
    or pg_catalog.pg_get_expr(p.polqual, p.polrelid) <> case
      when c.relname = 'kpi_catalog' then '(section IS NOT NULL)'
      else format(
        '(%s = ANY (( SELECT private.my_coach_ids() AS my_coach_ids)::uuid[]))',
        case when c.relname = 'coachs' then 'id' else 'coach_id' end
      )
    end
  )
