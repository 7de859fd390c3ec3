-- story: a member's device may be muted, and hooks that somebody made switched off: neither says that a member is; drafts go out to all
-- leaks: public.drafts select
create table public.crews (id uuid primary key default gen_random_uuid(), title text not null);
create table public.crew_members (crew_id uuid not null references public.crews on delete cascade, user_id uuid not null references auth.users on delete cascade, role text not null default 'deckhand' check (role in ('captain', 'deckhand')), primary key (crew_id, user_id));
create table public.hooks (id uuid primary key default gen_random_uuid(), crew_id uuid not null references public.crews on delete cascade, made_of text not null, enabled boolean not null default true, created_by uuid references auth.users on delete set null);
create table public.hook_calls (id uuid primary key default gen_random_uuid(), hook_id uuid not null references public.hooks on delete cascade, code integer not null default 200);
create table public.crew_devices (crew_id uuid not null references public.crews on delete cascade, user_id uuid not null references auth.users on delete cascade, enabled boolean not null default true, primary key (crew_id, user_id));
create table public.logs (id uuid primary key default gen_random_uuid(), crew_id uuid not null references public.crews on delete cascade, line text not null);
create table public.drafts (id uuid primary key default gen_random_uuid(), crew_id uuid not null references public.crews on delete cascade, line text not null);
create function public.my_crews() returns setof uuid language sql stable security definer set search_path = '' as 'select crew_id from public.crew_members where user_id = auth.uid()';
create function public.make_hook(p_crew uuid, p_name text) returns uuid language plpgsql security definer set search_path = '' as $$
declare made uuid;
begin
  if not exists (select from public.crew_members m where m.crew_id = p_crew and m.user_id = auth.uid()) then
    raise exception 'not of this crew' using errcode = '42501';
  end if;
  insert into public.hooks (crew_id, made_of, created_by) values (p_crew, p_name, auth.uid()) returning id into made;
  return made;
end $$;
revoke execute on function public.make_hook(uuid, text) from public, anon;
grant execute on function public.make_hook(uuid, text) to authenticated;
alter table public.crews enable row level security;
alter table public.crew_members enable row level security;
alter table public.hooks enable row level security;
alter table public.hook_calls enable row level security;
alter table public.crew_devices enable row level security;
alter table public.logs enable row level security;
alter table public.drafts enable row level security;
create policy mine on public.crews for select to authenticated using (id in (select public.my_crews()));
create policy mine on public.crew_members for select to authenticated using (crew_id in (select public.my_crews()));
create policy mine on public.hooks for select to authenticated using (crew_id in (select public.my_crews()));
create policy mine on public.hook_calls for select to authenticated using (hook_id in (select h.id from public.hooks h where h.crew_id in (select public.my_crews())));
create policy own on public.crew_devices for select to authenticated using (user_id = auth.uid());
create policy mine on public.logs for select to authenticated using (crew_id in (select public.my_crews()));
grant select on public.crews, public.crew_members, public.hooks, public.hook_calls, public.crew_devices, public.logs, public.drafts to authenticated;
-- @bad
create policy mine on public.drafts for select to authenticated using (exists (select from public.crew_members m where m.crew_id = m.crew_id and m.user_id = auth.uid()));
-- @mended
create policy mine on public.drafts for select to authenticated using (exists (select from public.crew_members m where m.crew_id = drafts.crew_id and m.user_id = auth.uid()));
