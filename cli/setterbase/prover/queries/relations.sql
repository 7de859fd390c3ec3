-- Every relation outside the system, with what the API roles may do to it.
select
  c.oid,
  n.nspname as schema,
  c.relname as name,
  c.relkind::text as kind,
  c.relrowsecurity as rls,
  c.relforcerowsecurity as force_rls,
  c.relispartition as is_partition,
  greatest(c.reltuples, 0)::bigint as estimate,
  pg_get_userbyid(c.relowner) as owner,
  coalesce(c.reloptions, '{}') as options,
  case when c.relkind in ('v', 'm') then pg_get_viewdef(c.oid) end as definition,
  case when c.relkind = 'v' then pg_relation_is_updatable(c.oid, true) else 0 end as updatable,
  obj_description(c.oid, 'pg_class') as comment,
  pg_get_expr(c.relpartbound, c.oid) as bound,
  case when c.relkind = 'p' then pg_get_partkeydef(c.oid) end as partition_key,
  (select i.inhparent from pg_inherits i where i.inhrelid = c.oid limit 1) as parent,
  array(
    select distinct d.refobjid
    from pg_rewrite r
    join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid
      and d.refclassid = 'pg_class'::regclass and d.refobjid <> c.oid
    where r.ev_class = c.oid
  ) as reads,
  array(
    select role.rolname || ':' || lower(p.privilege)
    from pg_roles role
    cross join unnest(
      case when c.relkind = 'S' then array['USAGE', 'SELECT', 'UPDATE']
      else array['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE'] end
    ) as p (privilege)
    where role.rolname = any (%(roles)s)
      and has_schema_privilege(role.oid, n.oid, 'USAGE')
      and case
        when c.relkind = 'S' then has_sequence_privilege(role.oid, c.oid, p.privilege)
        else has_table_privilege(role.oid, c.oid, p.privilege)
      end
  ) as grants,
  case when c.relkind = 'S' then false
    else has_table_privilege(c.oid, 'INSERT') and has_schema_privilege(n.oid, 'USAGE')
  end as can_fill,
  pg_has_role(c.relowner, 'MEMBER') as is_ours,
  exists (
    select from pg_foreign_table f
    join pg_foreign_server s on s.oid = f.ftserver
    join pg_foreign_data_wrapper w on w.oid = s.srvfdw
    join pg_proc h on h.oid = w.fdwhandler
    where f.ftrelid = c.oid and h.proname = 'postgres_fdw_handler'
  ) as remote,
  exists (
    select from pg_depend d
    where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype in ('e', 'i')
      and d.refclassid = 'pg_extension'::regclass
  ) as of_extension
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
  and n.nspname not like 'pg\_%%'
  and n.nspname <> 'information_schema'
order by n.nspname, c.relname;
