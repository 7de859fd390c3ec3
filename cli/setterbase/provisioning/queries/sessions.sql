select count(*) as sessions
from auth.sessions as s
inner join public.memberships as m on s.user_id = m.user_id
where m.coach_id = %(coach_id)s
