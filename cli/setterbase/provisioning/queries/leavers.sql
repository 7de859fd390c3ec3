-- Of a tenant's people those whose account has no other use: owners (and whoever has the tenant's
-- own id) without another tenant, and no platform admin. The others keep their account.
select
  u.id,
  u.email,
  (
    (u.id = c.id or exists (
      select from public.memberships as m
      where m.coach_id = c.id and m.user_id = u.id and m.role = 'owner'
    ))
    and not exists (
      select from public.memberships as m where m.user_id = u.id and m.coach_id <> c.id
    )
    and coalesce(u.raw_app_meta_data ->> 'role', '') <> 'admin'
  ) as leaves
from public.coachs as c
inner join auth.users as u
  on
    u.id = c.id
    or u.id in (select m.user_id from public.memberships as m where m.coach_id = c.id)
where c.id = %(coach_id)s
order by u.email, u.id
