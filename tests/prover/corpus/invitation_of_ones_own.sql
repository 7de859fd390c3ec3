-- story: who writes an invitation signs it, but may write one into any lodge, and then accept it
-- leaks: public.lodge_invitations insert
create table public.lodges (id uuid primary key default gen_random_uuid(), name text not null);
create table public.lodge_people (lodge_id uuid not null references public.lodges, user_id uuid not null references auth.users, role text not null default 'member', primary key (lodge_id, user_id));
create table public.lodge_invitations (id uuid primary key default gen_random_uuid(), lodge_id uuid not null references public.lodges, token text not null unique, created_by uuid not null references auth.users, used boolean not null default false);
create function public.take_up(t text) returns void language plpgsql security definer set search_path = '' as $$
declare v uuid;
begin
  select i.lodge_id into v from public.lodge_invitations as i where i.token = t and not i.used;
  if v is null then raise exception 'no such invitation'; end if;
  insert into public.lodge_people (lodge_id, user_id) values (v, auth.uid());
end $$;
alter table public.lodges enable row level security;
alter table public.lodge_people enable row level security;
alter table public.lodge_invitations enable row level security;
create policy see on public.lodges for select to authenticated using (exists (select from public.lodge_people as p where p.lodge_id = lodges.id and p.user_id = auth.uid()));
create policy see on public.lodge_people for select to authenticated using (user_id = auth.uid());
create policy see on public.lodge_invitations for select to authenticated using (created_by = auth.uid());
grant select on public.lodges, public.lodge_people to authenticated;
grant select, insert on public.lodge_invitations to authenticated;
revoke execute on function public.take_up from public, anon;
grant execute on function public.take_up to authenticated;
-- @bad
create policy write on public.lodge_invitations for insert to authenticated with check (created_by = auth.uid());
-- @mended
create policy write on public.lodge_invitations for insert to authenticated with check (created_by = auth.uid() and exists (select from public.lodge_people as p where p.lodge_id = lodge_invitations.lodge_id and p.user_id = auth.uid()));
