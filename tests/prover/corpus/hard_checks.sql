-- story: rows that are hard to make: patterns, ranges, dates in order, domains, exclusion
-- uses: org
-- leaks: public.bookings select
create domain public.iban as text check (value ~ '^[A-Z]{2}[0-9]{2}[A-Z0-9]{10,30}$');
create type public.slot_kind as enum ('demo', 'closing');
create table public.bookings (
  id uuid primary key default gen_random_uuid(), org_id uuid not null references public.orgs,
  code text not null unique check (code ~ '^BK-[0-9]{4}-[a-z]{3}$'),
  account public.iban not null, kind public.slot_kind not null,
  starts_at timestamptz not null, ends_at timestamptz not null, check (ends_at > starts_at),
  seats smallint not null check (seats between 2 and 12), price numeric(6, 2) not null check (price > 10 and price < 500),
  during tstzrange not null, tags text[] not null default '{}' check (cardinality(tags) <= 3),
  extra jsonb not null check (jsonb_typeof(extra) = 'object' and extra ? 'source'),
  total numeric generated always as (price * seats) stored,
  contact_email text, contact_phone text, check (num_nonnulls(contact_email, contact_phone) = 1),
  slug varchar(6) not null check (slug = lower(slug) and length(slug) >= 4),
  check (not isempty(during)), exclude using gist (during with &&)
);
grant select on public.bookings to authenticated;
-- @mended
alter table public.bookings enable row level security;
create policy bookings_read on public.bookings for select to authenticated using (org_id = any ((select public.my_orgs())::uuid[]));
