-- story: the auth service makes the user with no request behind it, two triggers follow, and names
-- story: in functions lean on the search_path; then anyone may hand a purse to anybody
-- leaks: public.movements insert
create table purses (id uuid primary key default gen_random_uuid(), keeper uuid not null references auth.users default auth.uid(), label text, handle text unique, private boolean not null default false, check (private = (handle is null)));
create table purse_people (purse_id uuid not null references purses on delete cascade, user_id uuid not null references auth.users on delete cascade, role text not null check (role in ('owner', 'reader')), primary key (purse_id, user_id));
create table movements (id bigint generated always as identity primary key, purse_id uuid not null references purses on delete cascade, cents integer not null, code text not null default 'x');
create function code_of(n integer) returns text language sql as $$ select count(*)::text || '-' || n from purses $$;
create function tg_code() returns trigger language plpgsql as $$ begin new.code := code_of(new.cents); return new; end $$;
create trigger code before insert on movements for each row execute function tg_code();
create function tg_keeper() returns trigger language plpgsql security definer as $$
begin
  if new.keeper = auth.uid() then insert into purse_people values (new.id, new.keeper, 'owner'); end if;
  return new;
end $$;
create trigger keeper after insert on purses for each row execute function tg_keeper();
create function tg_purse() returns trigger language plpgsql security definer set search_path = public as $$
begin
  insert into purses (id, keeper, label, private) values (new.id, new.id, new.email, true);
  insert into purse_people values (new.id, new.id, 'owner');
  return new;
end $$;
create trigger purse after insert on auth.users for each row execute function tg_purse();
create function may(p uuid) returns boolean language sql stable security definer set search_path = public as $$
  select exists (select from purse_people as q where q.purse_id = p and q.user_id = auth.uid()) $$;
alter table purses enable row level security;
alter table purse_people enable row level security;
alter table movements enable row level security;
create policy see on purses for select to authenticated using (may(id));
create policy see on purse_people for select to authenticated using (may(purse_id));
create policy see on movements for select to authenticated using (may(purse_id));
grant select on purses, purse_people, movements to authenticated;
grant insert on movements to authenticated;
-- @bad
create policy add on movements for insert to authenticated with check (cents > 0);
-- @mended
create policy add on movements for insert to authenticated with check (may(purse_id));
