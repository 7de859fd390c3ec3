-- A view that clients see asks the policies of its tables, or filters by itself behind a barrier.
select c.oid::regclass::text as offender
from pg_catalog.pg_class as c
where
  c.relnamespace = 'public'::regnamespace
  and (
    c.relkind in ('m', 'f')
    or (
      c.relkind = 'v'
      and not coalesce(c.reloptions, '{}') @> array['security_invoker=true']
      and not (
        coalesce(c.reloptions, '{}') @> array['security_barrier=true']
        and pg_catalog.pg_get_viewdef(c.oid)
        ~ (
          'WHERE \((k\.)?coach_id = ANY '
          '\(\( SELECT private\.visible_coach_ids\(\) AS visible_coach_ids\)::uuid\[\]\)\);$'
        )
      )
    )
  )
