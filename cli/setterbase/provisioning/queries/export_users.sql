-- The accounts of a tenant's people, by column: what a person may take along, and no hash or token.
select to_jsonb(r)::text as row
from (
  select
    u.id,
    u.email,
    u.phone,
    u.created_at,
    u.updated_at,
    u.email_confirmed_at,
    u.invited_at,
    u.last_sign_in_at,
    u.raw_app_meta_data,
    u.raw_user_meta_data
  from auth.users as u
  where u.id in (select m.user_id from public.memberships as m where m.coach_id = %(coach_id)s)
  order by u.id
) as r
