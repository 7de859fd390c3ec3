delete from public.leads as l
where l.coach_id = %(coach_id)s and l.id between %(low)s and %(high)s
