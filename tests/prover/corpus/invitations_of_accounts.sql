-- story: only team accounts take invitations, and sign-up makes a personal account of everybody
-- leaks: public.invitations select
create table public.accounts (id uuid primary key default gen_random_uuid(), primary_owner_user_id uuid not null references auth.users on delete cascade default auth.uid(), name varchar(255) not null, slug text unique, is_personal_account boolean not null default false);
create unique index unique_personal_account on public.accounts (primary_owner_user_id) where is_personal_account = true;
alter table public.accounts add constraint accounts_slug_null_if_personal check ((is_personal_account = true and slug is null) or (is_personal_account = false and slug is not null));
create table public.roles (name varchar(50) primary key, hierarchy_level integer not null unique check (hierarchy_level > 0));
insert into public.roles values ('owner', 1), ('member', 2);
create table public.accounts_memberships (user_id uuid not null references auth.users on delete cascade, account_id uuid not null references public.accounts on delete cascade, account_role varchar(50) not null references public.roles(name), primary key (user_id, account_id));
create table public.invitations (id serial primary key, email varchar(255) not null, account_id uuid not null references public.accounts on delete cascade, invited_by uuid not null references auth.users on delete cascade, role varchar(50) not null references public.roles(name), invite_token varchar(255) unique not null, expires_at timestamptz not null default current_timestamp + interval '7 days', unique (email, account_id));
alter table public.accounts enable row level security;
alter table public.roles enable row level security;
alter table public.accounts_memberships enable row level security;
alter table public.invitations enable row level security;
create function public.has_role_on_account(account_id uuid, account_role varchar(50) default null) returns boolean language sql security definer set search_path = '' stable as $$ select exists (select 1 from public.accounts_memberships membership where membership.user_id = (select auth.uid()) and membership.account_id = has_role_on_account.account_id and ((membership.account_role = has_role_on_account.account_role or has_role_on_account.account_role is null))) $$;
create function public.check_team_account() returns trigger language plpgsql set search_path = '' as $$ begin
  if (select is_personal_account from public.accounts where id = new.account_id) then raise exception 'an account of one person takes no invitations'; end if; return new; end $$;
create trigger only_team_accounts_check before insert or update on public.invitations for each row execute procedure public.check_team_account();
create function public.new_user_created_setup() returns trigger language plpgsql security definer set search_path = '' as $$ begin
  insert into public.accounts(primary_owner_user_id, name, is_personal_account) values (new.id, split_part(new.email, '@', 1), true); return new; end $$;
create trigger on_auth_user_created after insert on auth.users for each row execute procedure public.new_user_created_setup();
create policy accounts_read on public.accounts for select to authenticated using ((primary_owner_user_id = (select auth.uid())) or public.has_role_on_account(id));
create policy memberships_read on public.accounts_memberships for select to authenticated using (((select auth.uid()) = user_id) or public.has_role_on_account(account_id));
create policy roles_read on public.roles for select to authenticated using (true);
grant select on public.accounts, public.roles, public.accounts_memberships, public.invitations to authenticated;
-- @bad
create policy invitations_read on public.invitations for select to authenticated using (expires_at > now());
-- @mended
create policy invitations_read on public.invitations for select to authenticated using (public.has_role_on_account(account_id));
