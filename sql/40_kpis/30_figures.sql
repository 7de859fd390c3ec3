-- From parts to figures: the one place of every formula. The materialized view, the live view,
-- history and comparison all go through it.
--
-- It pins no search_path: a function with a pinned path is run row by row, one without becomes part
-- of the query that calls it. Its body was bound when it was made, so there is no name left to look
-- up (ADR 2).

-- The KPIs of some parts: of a tenant's whole life, of a week, of a day. `parts` is a row of
-- kpi_daily whose columns are sums. A rate whose denominator is 0 is null; numeric's round() goes
-- half away from zero.
create function private.kpi_figures(
  parts public.kpi_daily, leads_today bigint, leads_week bigint, settings public.coach_settings
)
returns table (
  total_messages_sent bigint,
  total_messages_received bigint,
  total_leads bigint,
  leads_today bigint,
  leads_week bigint,
  avg_messages_per_lead numeric,
  avg_discussion_minutes numeric,
  msg1_rate numeric,
  msg2_rate numeric,
  msg3_rate numeric,
  msg4_rate numeric,
  contacted_leads bigint,
  qualified_leads bigint,
  calls_proposed bigint,
  calls_booked bigint,
  qualification_rate numeric,
  call_booking_rate numeric,
  lead_magnets_sent bigint,
  emails_captured bigint,
  no_show_rate numeric,
  male_count bigint,
  female_count bigint,
  other_count bigint,
  male_pct numeric,
  female_pct numeric,
  other_pct numeric,
  avg_age numeric,
  new_leads bigint,
  engaged_leads bigint,
  leads_won bigint,
  leads_lost bigint,
  leads_relance bigint,
  lost_rate numeric,
  relance_rate numeric,
  win_rate numeric,
  total_revenue numeric,
  deals_count bigint,
  avg_deal_value numeric,
  acquisition_cost numeric,
  roi_pct numeric,
  ai_efficiency numeric,
  hours_saved_monthly numeric,
  avg_time_to_action_minutes numeric,
  estimated_kpis text[]
)
language sql
immutable
begin atomic
  select
    parts.messages_sent,
    parts.messages_received,
    parts.leads,
    kpi_figures.leads_today,
    kpi_figures.leads_week,
    round((parts.messages_sent + parts.messages_received)::numeric / nullif(parts.leads, 0), 2),
    round(parts.discussion_seconds / 60 / nullif(parts.discussions, 0), 1),
    round(100.0 * parts.msg1_replied / nullif(parts.msg1_sent, 0), 1),
    round(100.0 * parts.msg2_replied / nullif(parts.msg2_sent, 0), 1),
    round(100.0 * parts.msg3_replied / nullif(parts.msg3_sent, 0), 1),
    round(100.0 * parts.msg4_replied / nullif(parts.msg4_sent, 0), 1),
    parts.msg1_sent,
    parts.qualified_leads,
    parts.calls_proposed,
    parts.calls_booked,
    round(100.0 * parts.qualified_leads / nullif(parts.leads, 0), 1),
    round(100.0 * parts.calls_booked / nullif(parts.calls_proposed, 0), 1),
    case
      when parts.lead_magnets > 0 then parts.lead_magnets
      else round(parts.qualified_leads * settings.lead_magnet_estimate_pct / 100)::bigint
    end,
    case
      when parts.emails > 0 then parts.emails
      else round(parts.qualified_leads * settings.email_estimate_pct / 100)::bigint
    end,
    case
      when parts.calls_due > 0 then round(100.0 * parts.no_shows / parts.calls_due, 1)
      else settings.no_show_estimate_pct
    end,
    parts.males,
    parts.females,
    parts.others,
    round(100.0 * parts.males / nullif(parts.males + parts.females + parts.others, 0), 1),
    round(100.0 * parts.females / nullif(parts.males + parts.females + parts.others, 0), 1),
    round(100.0 * parts.others / nullif(parts.males + parts.females + parts.others, 0), 1),
    round(parts.age_sum::numeric / nullif(parts.ages, 0), 1),
    parts.new_leads,
    parts.engaged_leads,
    parts.won_leads,
    parts.lost_leads,
    parts.relance_leads,
    round(100.0 * parts.lost_leads / nullif(parts.leads, 0), 1),
    round(100.0 * parts.relance_leads / nullif(parts.leads, 0), 1),
    round(100.0 * parts.won_leads / nullif(parts.won_leads + parts.lost_leads, 0), 1),
    parts.revenue,
    parts.deals,
    round(parts.revenue / nullif(parts.deals, 0), 2),
    round(settings.acquisition_cost_per_lead * parts.leads, 2),
    round(
      100.0 * (parts.revenue - settings.acquisition_cost_per_lead * parts.leads)
      / nullif(settings.acquisition_cost_per_lead * parts.leads, 0),
      1
    ),
    settings.ai_efficiency_pct,
    settings.hours_saved_monthly,
    round(parts.action_minutes::numeric / nullif(parts.timed_actions, 0), 1),
    array_remove(
      array[
        case when parts.lead_magnets = 0 then 'lead_magnets_sent' end,
        case when parts.emails = 0 then 'emails_captured' end,
        case when parts.calls_due = 0 then 'no_show_rate' end,
        case when settings.acquisition_cost_per_lead is not null then 'acquisition_cost' end,
        case
          when settings.acquisition_cost_per_lead > 0 and parts.leads > 0 then 'roi_pct'
        end,
        'ai_efficiency',
        'hours_saved_monthly'
      ],
      null
    );
end;

comment on function private.kpi_figures(public.kpi_daily, bigint, bigint, public.coach_settings) is
'Every additive KPI from its parts; estimated_kpis names those that rest on an assumption.';
