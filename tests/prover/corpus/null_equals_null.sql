-- story: a comparison through coalesce that makes null equal to null
-- uses: accounts
-- leaks: public.invoices select
create table public.invoices (id uuid primary key default gen_random_uuid(), account_id uuid references public.accounts, total numeric(12,2) not null default 0, memo text);
alter table public.invoices enable row level security;
grant select on public.invoices to authenticated;
-- @bad
create policy i on public.invoices for select to authenticated using (account_id is not distinct from private.account_id());
-- @mended
create policy i on public.invoices for select to authenticated using (account_id = private.account_id());
