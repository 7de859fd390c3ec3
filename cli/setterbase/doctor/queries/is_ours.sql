-- Whether our schema is there, in a state that the checks can ask.
select
  to_regclass('public.coachs') is not null
  and to_regprocedure('public.health()') is not null
