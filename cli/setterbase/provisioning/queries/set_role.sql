update public.memberships as m
set role = %(role)s
where m.coach_id = %(coach_id)s and m.user_id = %(user_id)s
