-- What a dashboard shows beside the KPIs.

-- Counting a tenant's leads by source, profession, reason and stage takes as long as the tenant is
-- large, so the refresh keeps the answers: in the form in which get_dashboard gives them, since
-- nothing else reads them. Never granted to an API role.
create table private.kpi_boards (
  coach_id uuid not null,
  computed_at timestamptz not null,
  kpis text not null,
  funnel jsonb not null default '[]',
  top_sources jsonb not null default '[]',
  top_professions jsonb not null default '[]',
  loss_reasons jsonb not null default '[]',
  followup_after_days integer not null,
  relance_high_after_days integer not null,
  followups_high bigint not null,
  followups_medium bigint not null,
  followups_low bigint not null,
  next_followup_at timestamptz not null,
  due_high timestamptz[] not null default '{}',
  due_medium timestamptz[] not null default '{}',
  due_low timestamptz[] not null default '{}',
  due_urgent timestamptz[] not null default '{}',
  constraint kpi_boards_pkey primary key (coach_id),
  constraint kpi_boards_coach_id_fkey foreign key (coach_id)
  references public.coachs (id) on delete cascade
)
-- A board is read whole: taking it out of TOAST would cost more than the longer row.
with (toast_tuple_target = 8160);
alter table private.kpi_boards enable row level security;

comment on table private.kpi_boards is
'KPIs, funnel, tops, loss reasons and numbers of follow-ups of each tenant, as of computed_at.';
comment on column private.kpi_boards.kpis is
'Each KPI of coach_dashboard_kpis by its code, as {value, unit, is_estimate, badge}: the text of a '
'JSON object for format(), to which leads_today and leads_week are given when they are asked for.';
comment on column private.kpi_boards.followups_high is
'As of computed_at, by the settings beside it; so are followups_medium and followups_low.';
comment on column private.kpi_boards.next_followup_at is
'Until then no lead of the board becomes due, or urgent, by the mere passing of time, but those '
'whose moments are kept beside it.';
comment on column private.kpi_boards.due_high is
'When leads of that priority become due after computed_at; so are due_medium and due_low.';
comment on column private.kpi_boards.due_urgent is
'When leads of the status relance rise from medium to high.';
