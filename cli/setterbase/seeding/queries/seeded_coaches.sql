-- Whose leads a purge takes, and how many.
select
  l.coach_id::text as id,
  c.name,
  c.email,
  count(*) as leads
from public.leads as l
inner join public.coachs as c on l.coach_id = c.id
where
  l.id between %(first_of_all)s::uuid and %(last_of_all)s::uuid
  and (%(coach_ids)s::uuid [] is null or l.coach_id = any (%(coach_ids)s::uuid []))
group by l.coach_id, c.name, c.email
order by l.coach_id
