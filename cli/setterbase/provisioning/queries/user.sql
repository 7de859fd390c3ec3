-- The auth user of this id or e-mail.
select
  u.id,
  u.email
from auth.users as u
where
  u.deleted_at is null
  and (u.id::text = lower(%(asked)s) or lower(u.email) = lower(%(asked)s))
order by u.created_at
limit 1
