-- story: a view without barrier, and a cheap function that tells whatever it is given
-- uses: accounts
-- leaks: public.my_patients select
create table private.patients (id uuid primary key default gen_random_uuid(), account_id uuid not null references public.accounts, diagnosis text not null);
create function public.as_score(word text) returns integer language plpgsql immutable cost 0.0001 as $$ begin return word::integer; exception when others then raise exception 'no score in %', word; end $$;
-- @bad
create view public.my_patients as select id, diagnosis from private.patients where account_id = private.account_id();
grant select on public.my_patients to authenticated;
-- @mended
create view public.my_patients with (security_barrier = true) as select id, diagnosis from private.patients where account_id = private.account_id();
grant select on public.my_patients to authenticated;
