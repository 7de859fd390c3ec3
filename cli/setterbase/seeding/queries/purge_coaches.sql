-- Coaches that a seed made, unless somebody has begun to use them.
delete from public.coachs as c
where
  c.id between %(low)s and %(high)s
  and not exists (select from public.leads as l where l.coach_id = c.id)
  and not exists (select from public.memberships as m where m.coach_id = c.id)
returning c.id::text as id, c.name, c.email
