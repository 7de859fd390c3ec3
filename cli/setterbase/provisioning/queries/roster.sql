-- Every tenant with its people and what is in it, by name.
select
  c.id,
  c.name,
  c.specialty,
  c.email,
  c.timezone,
  c.status,
  array(
    select coalesce(u.email, u.id::text)
    from public.memberships as m
    inner join auth.users as u on m.user_id = u.id
    where m.coach_id = c.id and m.role = 'owner'
    order by m.created_at, u.id
  ) as owners,
  (select count(*) from public.memberships as m where m.coach_id = c.id) as members,
  (select count(*) from public.leads as l where l.coach_id = c.id) as leads,
  c.created_at
from public.coachs as c
order by c.name, c.id
