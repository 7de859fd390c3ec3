-- story: a profile that sign-up makes gets its tenant later, by the server alone; links join two tasks
-- leaks: public.task_links select
create table public.tenants (id uuid primary key default gen_random_uuid(), name text not null);
create table public.profiles (id uuid primary key references auth.users on delete cascade, tenant_id uuid references public.tenants, full_name text, role text not null default 'employee' check (role in ('super_admin', 'tenant_admin', 'employee')), is_active boolean not null default true);
create table public.tasks (id uuid primary key default gen_random_uuid(), tenant_id uuid not null references public.tenants, title text not null);
create table public.task_links (task_id uuid not null references public.tasks on delete cascade, depends_on uuid not null references public.tasks on delete cascade, primary key (task_id, depends_on), check (task_id <> depends_on));
create function public.tg_sign_up() returns trigger language plpgsql security definer set search_path = '' as $$
begin insert into public.profiles (id, full_name) values (new.id, new.raw_user_meta_data ->> 'full_name'); return new; end $$;
create trigger sign_up after insert on auth.users for each row execute function public.tg_sign_up();
create function public.tg_no_promotion() returns trigger language plpgsql security definer set search_path = '' as $$
begin
  if auth.uid() is not null and (new.role, new.tenant_id) is distinct from (old.role, old.tenant_id) then raise exception 'not allowed'; end if;
  return new;
end $$;
create trigger no_promotion before update on public.profiles for each row execute function public.tg_no_promotion();
create function public.my_tenant() returns uuid language sql stable security definer set search_path = '' as $$ select p.tenant_id from public.profiles p where p.id = auth.uid() $$;
create function public.leave() returns void language sql security definer set search_path = '' as $$ update public.profiles set full_name = null where id = auth.uid() $$;
alter table public.tenants enable row level security;
alter table public.profiles enable row level security;
alter table public.tasks enable row level security;
alter table public.task_links enable row level security;
create policy tn on public.tenants for select to authenticated using (id = public.my_tenant());
create policy pr on public.profiles for select to authenticated using (tenant_id = public.my_tenant() or id = auth.uid());
create policy pu on public.profiles for update to authenticated using (id = auth.uid()) with check (id = auth.uid());
create policy ta on public.tasks for select to authenticated using (tenant_id = public.my_tenant());
grant select on public.tenants, public.tasks, public.task_links to authenticated;
grant select, update on public.profiles to authenticated;
-- @bad
create policy li on public.task_links for select to authenticated using (auth.uid() is not null);
-- @mended
create policy li on public.task_links for select to authenticated using (exists (select from public.tasks t where t.id = task_links.task_id and t.tenant_id = public.my_tenant()));
