-- story: an admin by user_metadata
-- uses: accounts
-- leaks: public.ledger select
create table public.ledger (id bigserial primary key, account_id uuid not null references public.accounts, entry text not null);
alter table public.ledger enable row level security;
grant select on public.ledger to authenticated;
create policy own on public.ledger for select to authenticated using (account_id = private.account_id());
-- @bad
create policy adm on public.ledger for select to authenticated using ((auth.jwt() -> 'user_metadata' ->> 'role') = 'admin');
-- @mended
create policy adm on public.ledger for select to authenticated using ((auth.jwt() -> 'app_metadata' ->> 'role') = 'admin');
