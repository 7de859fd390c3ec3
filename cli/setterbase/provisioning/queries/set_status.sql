-- Memberships and sessions follow by trigger. Answers a row when the status changed.
update public.coachs as c
set status = %(status)s
where c.id = %(coach_id)s and c.status <> %(status)s
returning c.id
