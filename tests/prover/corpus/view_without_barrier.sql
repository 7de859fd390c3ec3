-- story: a view of one's own rows with no barrier, met by a leaky operator
-- uses: accounts
-- oracle: public.my_contacts select
create table private.contacts (id uuid primary key default gen_random_uuid(), account_id uuid not null references public.accounts, phone text not null);
-- @bad
create view public.my_contacts as select id, phone from private.contacts where account_id = private.account_id();
grant select on public.my_contacts to authenticated;
-- @mended
create view public.my_contacts with (security_barrier = true) as select id, phone from private.contacts where account_id = private.account_id();
grant select on public.my_contacts to authenticated;
