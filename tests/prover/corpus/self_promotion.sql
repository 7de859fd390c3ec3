-- story: a person makes themselves admin, then a trigger forbids it
-- leaks: public.accounts promote
create table public.accounts (id uuid primary key references auth.users, name text, is_admin boolean not null default false);
alter table public.accounts enable row level security;
create policy own_read on public.accounts for select to authenticated using (id = auth.uid());
create policy own_edit on public.accounts for update to authenticated using (id = auth.uid()) with check (id = auth.uid());
grant select, update on public.accounts to authenticated;
-- @mended
create function public.tg_keep() returns trigger language plpgsql as $$ begin
  if new.is_admin is distinct from old.is_admin and current_user in ('anon', 'authenticated') then raise exception 'not by yourself' using errcode = '42501'; end if; return new; end $$;
create trigger keep before update on public.accounts for each row execute function public.tg_keep();
