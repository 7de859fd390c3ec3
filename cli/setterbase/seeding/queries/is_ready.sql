-- What the loader leans on: tables, and the triggers whose work it does in bulk.
select
  to_regclass('public.coachs') is not null
  and to_regclass('public.lead_status_history') is not null
  and (
    select count(*) = 4
    from pg_catalog.pg_trigger as t
    where
      (t.tgrelid, t.tgname) in (
        (to_regclass('public.leads'), '_100_normalize'),
        (to_regclass('public.messages'), '_050_number'),
        (to_regclass('public.messages'), '_100_insert'),
        (to_regclass('public.messages'), '_100_delete')
      )
  ) as ready
