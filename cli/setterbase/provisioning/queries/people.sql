-- Who belongs to a tenant, and whether they have ever signed in.
select
  m.user_id,
  u.email,
  m.role,
  m.active,
  m.paused,
  u.last_sign_in_at,
  m.created_at
from public.memberships as m
inner join auth.users as u on m.user_id = u.id
where m.coach_id = %(coach_id)s
order by array_position(array['owner', 'admin', 'member', 'viewer'], m.role), u.email, m.user_id
