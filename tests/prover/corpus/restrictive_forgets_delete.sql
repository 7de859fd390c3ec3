-- story: the restrictive policy that keeps the account is for select alone
-- uses: accounts
-- leaks: public.ledger delete
create table public.ledger (id bigserial primary key, account_id uuid not null references public.accounts, entry text not null);
alter table public.ledger enable row level security;
create policy all_in on public.ledger for all to authenticated using (true) with check (true);
grant select, insert, update, delete on public.ledger to authenticated;
-- @bad
create policy keep on public.ledger as restrictive for select to authenticated using (account_id = private.account_id());
create policy keep_i on public.ledger as restrictive for insert to authenticated with check (account_id = private.account_id());
create policy keep_u on public.ledger as restrictive for update to authenticated using (account_id = private.account_id());
-- @mended
create policy keep on public.ledger as restrictive for all to authenticated using (account_id = private.account_id());
