-- story: whoever holds the secret of an invitation joins; no one can guess it: no alarm
-- uses: org, leads
-- safe
create table public.invites (id uuid primary key default gen_random_uuid(), org_id uuid not null references public.orgs, token text not null unique, used boolean not null default false);
alter table public.invites enable row level security;
create function public.accept(p_token text) returns void language plpgsql security definer set search_path = '' as $$
declare v public.invites; begin
  select * into v from public.invites i where i.token = p_token and not i.used;
  if v.id is null then raise exception 'no such invitation'; end if;
  insert into public.members (org_id, user_id) values (v.org_id, auth.uid());
  update public.invites i set used = true where i.id = v.id;
end $$;
create function public.my_invites() returns setof public.invites language sql stable security definer set search_path = '' as $$ select * from public.invites i where i.org_id = any (public.my_orgs()) $$;
