-- The schemas that the API serves, when the authenticator role says so here, and those that exist.
select
  coalesce(
    (
      select split_part(c.setting, '=', 2)
      from pg_db_role_setting s
      join pg_roles r on r.oid = s.setrole and r.rolname = 'authenticator'
      cross join unnest(s.setconfig) as c (setting)
      where
        c.setting like 'pgrst.db_schemas=%'
        and s.setdatabase in (
          0, (select d.oid from pg_database d where d.datname = current_database())
        )
      order by s.setdatabase desc
      limit 1
    ),
    ''
  ) as schemas,
  array(select n.nspname::text from pg_namespace n) as existing;
