-- story: what makes somebody staff has a name that tells nothing, and everybody may change their own
-- leaks: public.accounts promote
create table public.accounts (id uuid primary key references auth.users, nickname text, tier text not null default 'basic' check (tier in ('basic', 'gold')));
create table public.cases (id bigserial primary key, account uuid not null references public.accounts, detail text);
alter table public.accounts enable row level security;
alter table public.cases enable row level security;
create policy accounts_read on public.accounts for select to authenticated using (id = auth.uid());
create policy accounts_change on public.accounts for update to authenticated using (id = auth.uid());
create policy cases_read on public.cases for select to authenticated using (account = auth.uid() or exists (select 1 from public.accounts a where a.id = auth.uid() and a.tier = 'gold'));
revoke all on public.accounts, public.cases from anon, authenticated;
grant select on public.accounts, public.cases to authenticated;
-- @bad
grant update on public.accounts to authenticated;
-- @mended
grant update (nickname) on public.accounts to authenticated;
