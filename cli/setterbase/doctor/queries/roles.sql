-- The roles of the API are what Supabase makes them: without rights that pass by every policy.
with expected (name, bypasses) as (
  values ('anon', false), ('authenticated', false), ('service_role', true), ('authenticator', false)
)
select
  case
    when r.oid is null then format('The role %s is missing.', e.name)
    when r.rolsuper then format('The role %s is a superuser.', e.name)
    when r.rolbypassrls then format('The role %s passes by row level security.', e.name)
    else format('The role %s does not pass by row level security.', e.name)
  end as what,
  case
    when r.oid is null then 'Is this the database of a Supabase project? Its platform makes the roles.'
    when r.rolsuper then format('alter role %s nosuperuser;', e.name)
    when r.rolbypassrls then format('alter role %s nobypassrls;', e.name)
    else format('alter role %s bypassrls;', e.name)
  end as mend
from expected as e
left join pg_catalog.pg_roles as r on e.name = r.rolname
where r.oid is null or r.rolsuper or r.rolbypassrls <> e.bypasses
order by e.name
