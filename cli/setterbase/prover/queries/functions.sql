-- Functions and procedures outside the system and outside extensions.
select
  p.oid,
  n.nspname as schema,
  p.proname as name,
  p.prokind::text as kind,
  p.prosecdef as definer,
  p.provolatile::text as volatility,
  p.proretset as returns_set,
  p.prorettype as return_type,
  format_type(p.prorettype, null) as returns,
  coalesce(p.proargnames, '{}') as argument_names,
  p.proargtypes::oid[] as argument_types,
  coalesce(p.proallargtypes, '{}') as all_types,
  coalesce(p.proargmodes::text[], '{}') as argument_modes,
  p.pronargdefaults as defaults,
  p.provariadic <> 0 as variadic,
  coalesce(p.prosrc, '') || coalesce(pg_get_function_sqlbody(p.oid), '') as body,
  pg_get_function_identity_arguments(p.oid) as signature,
  pg_get_userbyid(p.proowner) as owner,
  pg_has_role(p.proowner, 'MEMBER') as is_ours,
  obj_description(p.oid, 'pg_proc') as comment,
  array(
    select role.rolname::text from pg_roles role
    where role.rolname = any (%(roles)s)
      and has_schema_privilege(role.oid, n.oid, 'USAGE')
      and has_function_privilege(role.oid, p.oid, 'EXECUTE')
  ) as grants
from pg_proc p
join pg_namespace n on n.oid = p.pronamespace
where p.prokind in ('f', 'p')
  and n.nspname not like 'pg\_%%'
  and n.nspname <> 'information_schema'
  and not exists (
    select from pg_depend d
    where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e'
  )
order by n.nspname, p.proname, p.oid;
