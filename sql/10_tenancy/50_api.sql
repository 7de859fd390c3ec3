-- What client apps ask about themselves.

create function public.current_coach_id()
returns uuid
language sql
stable
set search_path = pg_catalog, pg_temp
begin atomic
  -- One's own tenant first (its id is the user's id), else the oldest membership.
  select m.coach_id
  from public.memberships as m
  where
    m.user_id = (select private.my_user_id())
    and m.coach_id = any((select private.my_coach_ids())::uuid[])
  order by m.coach_id = m.user_id desc, m.created_at asc, m.coach_id asc
  limit 1;
end;

comment on function public.current_coach_id() is
'The tenant that functions use when coach_id is not given; null for somebody without one.';
