create schema private;
create table public.accounts (id uuid primary key default gen_random_uuid(), label text not null);
create function private.account_id() returns uuid language sql stable set search_path = ''
as $$ select nullif(auth.jwt() -> 'app_metadata' ->> 'account_id', '')::uuid $$;
grant usage on schema private to authenticated, anon;
grant execute on function private.account_id() to authenticated, anon;
alter table public.accounts enable row level security;
create policy a_r on public.accounts for select to authenticated using (id = (select private.account_id()));
grant select on public.accounts to authenticated;
