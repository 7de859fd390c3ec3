-- Tenants and the people who belong to them.

-- A tenant: a coach alone, or a company. Every tenant-owned row of every domain carries its id.
create table public.coachs (
  id uuid not null default gen_random_uuid(),
  name text not null,
  specialty text,
  email text not null,
  timezone text not null default 'Europe/Paris',
  currency text not null default 'EUR',
  status text not null default 'active',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint coachs_pkey primary key (id),
  constraint coachs_email_key unique (email),
  constraint coachs_name_check check (btrim(name) <> '' and length(name) <= 200),
  constraint coachs_specialty_check check (length(specialty) <= 200),
  constraint coachs_email_check check (email ~ '^[^@\s]+@[^@\s]+$'),
  constraint coachs_timezone_check check (private.is_time_zone(timezone)),
  constraint coachs_currency_check check (currency ~ '^[A-Z]{3}$'),
  constraint coachs_status_check check (status in ('active', 'disabled'))
);
alter table public.coachs enable row level security;

comment on table public.coachs is
'Tenants. A coach provisioned alone has the id of their own auth user.';
comment on column public.coachs.timezone is
'Days, weeks and hours of every KPI are counted in this zone.';
comment on column public.coachs.status is
'A disabled tenant is invisible to its members and refuses events.';

-- Who belongs to which tenant, and as what. Policies ask this table once per statement.
create table public.memberships (
  coach_id uuid not null,
  user_id uuid not null,
  role text not null default 'member',
  active boolean not null default true,
  created_at timestamptz not null default now(),
  paused boolean not null default false,
  constraint memberships_pkey primary key (coach_id, user_id),
  constraint memberships_coach_id_fkey foreign key (coach_id)
  references public.coachs (id) on delete cascade,
  constraint memberships_user_id_fkey foreign key (user_id)
  references auth.users (id) on delete cascade,
  constraint memberships_role_check check (role in ('owner', 'admin', 'member', 'viewer')),
  constraint memberships_paused_check check (not (active and paused))
);
alter table public.memberships enable row level security;

-- The policies' question «which tenants are mine» starts from the user.
create index memberships_user_id_idx on public.memberships (user_id);

comment on table public.memberships is 'People of a tenant. An inactive membership opens nothing.';
comment on column public.memberships.role is
'owner and admin change settings; member changes leads; viewer reads.';
comment on column public.memberships.paused is
'Inactive because the tenant was disabled: enabling the tenant makes it active again.';
