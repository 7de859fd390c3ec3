-- story: a person may change their name alone, says a grant of columns that the table's own defeats
-- leaks: public.wallets update
create table public.wallets (user_id uuid primary key references auth.users, label text, balance numeric not null default 0);
alter table public.wallets enable row level security;
create policy w_r on public.wallets for select to authenticated using (user_id = auth.uid());
create policy w_u on public.wallets for update to authenticated using (user_id = auth.uid()) with check (user_id = auth.uid());
revoke all on public.wallets from anon, authenticated;
grant select on public.wallets to authenticated;
grant update (label) on public.wallets to authenticated;
-- @bad
grant update on public.wallets to authenticated;
-- @mended
revoke update on public.wallets from authenticated;
grant update (label) on public.wallets to authenticated;
