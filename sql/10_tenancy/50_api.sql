-- What client apps ask about themselves.

create function public.current_coach_id()
returns uuid
language sql
stable
set search_path = pg_catalog, pg_temp
return private.my_coach_id();

comment on function public.current_coach_id() is
'The tenant that functions use when coach_id is not given; null for somebody without one.';
