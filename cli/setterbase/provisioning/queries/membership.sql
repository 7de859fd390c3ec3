-- Somebody's membership, locked until the transaction ends. A paused one is open: its tenant is not.
select m.role, m.active or m.paused as is_open
from public.memberships as m
where m.coach_id = %(coach_id)s and m.user_id = %(user_id)s
for update
