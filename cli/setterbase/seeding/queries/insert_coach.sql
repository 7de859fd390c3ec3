insert into public.coachs (id, name, specialty, email, timezone, created_at)
values (
  %(id)s, %(name)s, %(specialty)s, %(email)s, %(timezone)s, %(created_at)s
)
on conflict (id) do nothing
returning id::text as id
