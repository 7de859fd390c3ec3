-- What the tops and the funnel of a tenant are read from.

-- How many leads of a tenant came from where, do what, were lost why and ever reached which stage.
-- Counted once and then added to, as kpi_totals is (ADR 16).
create table private.kpi_lead_counts (
  coach_id uuid not null,
  kind text not null,
  -- What somebody does may be longer than an entry of an index may be.
  digest bytea not null,
  value text not null,
  leads bigint not null,
  constraint kpi_lead_counts_pkey primary key (coach_id, kind, digest),
  constraint kpi_lead_counts_coach_id_fkey foreign key (coach_id)
  references public.coachs (id) on delete cascade
)
-- Room in each page for the counts that a refresh changes.
with (fillfactor = 80);
alter table private.kpi_lead_counts enable row level security;

comment on table private.kpi_lead_counts is
'Leads of each tenant by source, profession, loss reason and stage, without the marks that no '
'refresh has taken up yet; a value that no lead has is not here.';
comment on column private.kpi_lead_counts.kind is
'source, job_title, loss_reason or stage, as private.lead_values says.';
comment on column private.kpi_lead_counts.digest is 'SHA-256 of the value in UTF-8.';
