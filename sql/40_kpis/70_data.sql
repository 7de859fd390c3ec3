-- The rows of the KPI catalogue. Data, but part of the contract: what each code means.

insert into public.kpi_catalog (
  section, position, code, label_fr, label_en, unit, formula, badge_excellent_from,
  badge_good_from, estimate_basis
)
values
(
  'activity', 1, 'total_messages_sent', 'Messages envoyés', 'Messages sent', 'count',
  'messages with direction out',
  null, null, null
),
(
  'activity', 2, 'total_messages_received', 'Messages reçus', 'Messages received', 'count',
  'messages with direction in',
  null, null, null
),
(
  'activity', 3, 'total_leads', 'Leads', 'Leads', 'count',
  'leads',
  null, null, null
),
(
  'activity', 4, 'leads_today', 'Leads aujourd''hui', 'Leads today', 'count',
  'leads created on the present day',
  null, null, null
),
(
  'activity', 5, 'leads_week', 'Leads sur 7 jours', 'Leads in 7 days', 'count',
  'leads created on the present day or the 6 before',
  null, null, null
),
(
  'activity', 6, 'avg_messages_per_lead', 'Messages par lead', 'Messages per lead', 'ratio',
  '(sent + received) / leads',
  null, null, null
),
(
  'activity', 7, 'avg_discussion_minutes', 'Durée de discussion', 'Discussion time', 'minutes',
  'mean, over leads with messages both ways, of last − first message',
  null, null, null
),
(
  'response', 8, 'msg1_rate', 'Réponse au 1er message', 'Replies to message 1', 'percent',
  'of leads sent a 1st message, those that wrote at or after it and before the 2nd',
  60, 40, null
),
(
  'response', 9, 'msg2_rate', 'Réponse au 2e message', 'Replies to message 2', 'percent',
  'of leads sent a 2nd message, those that wrote at or after it and before the 3rd',
  60, 40, null
),
(
  'response', 10, 'msg3_rate', 'Réponse au 3e message', 'Replies to message 3', 'percent',
  'of leads sent a 3rd message, those that wrote at or after it and before the 4th',
  60, 40, null
),
(
  'response', 11, 'msg4_rate', 'Réponse au 4e message', 'Replies to message 4', 'percent',
  'of leads sent a 4th message, those that wrote at or after it and before the 5th',
  60, 40, null
),
(
  'conversion', 12, 'contacted_leads', 'Leads contactés', 'Contacted leads', 'count',
  'leads with a message out',
  null, null, null
),
(
  'conversion', 13, 'qualified_leads', 'Leads qualifiés', 'Qualified leads', 'count',
  'leads that ever reached qualified',
  null, null, null
),
(
  'conversion', 14, 'calls_proposed', 'Appels proposés', 'Calls proposed', 'count',
  'leads that ever reached call_proposed',
  null, null, null
),
(
  'conversion', 15, 'calls_booked', 'Appels réservés', 'Calls booked', 'count',
  'leads that ever reached call_booked',
  null, null, null
),
(
  'conversion', 16, 'qualification_rate', 'Taux de qualification', 'Qualification rate', 'percent',
  'qualified / leads',
  null, null, null
),
(
  'conversion', 17, 'call_booking_rate', 'Taux de réservation', 'Call booking rate', 'percent',
  'booked / proposed',
  null, null, null
),
(
  'conversion', 18, 'lead_magnets_sent', 'Lead magnets envoyés', 'Lead magnets sent', 'count',
  'leads that were sent one',
  null, null, '75 % of qualified leads (setting lead_magnet_estimate_pct)'
),
(
  'conversion', 19, 'emails_captured', 'Emails capturés', 'Emails captured', 'count',
  'leads with an email',
  null, null, '60 % of qualified leads (setting email_estimate_pct)'
),
(
  'conversion', 20, 'no_show_rate', 'Taux de no-show', 'No-show rate', 'percent',
  'no-shows / (no-shows or attended)',
  null, null, '17 % (setting no_show_estimate_pct)'
),
(
  'demography', 21, 'male_count', 'Hommes', 'Men', 'count',
  'leads with gender male',
  null, null, null
),
(
  'demography', 22, 'female_count', 'Femmes', 'Women', 'count',
  'leads with gender female',
  null, null, null
),
(
  'demography', 23, 'other_count', 'Autres', 'Other', 'count',
  'leads with gender other',
  null, null, null
),
(
  'demography', 24, 'male_pct', 'Part d''hommes', 'Share of men', 'percent',
  'men / leads of known gender',
  null, null, null
),
(
  'demography', 25, 'female_pct', 'Part de femmes', 'Share of women', 'percent',
  'women / leads of known gender',
  null, null, null
),
(
  'demography', 26, 'other_pct', 'Part d''autres', 'Share of other', 'percent',
  'other / leads of known gender',
  null, null, null
),
(
  'demography', 27, 'avg_age', 'Âge moyen', 'Average age', 'years',
  'mean age of leads of known age',
  null, null, null
),
(
  'pipeline', 28, 'new_leads', 'Nouveaux', 'New', 'count',
  'leads whose status is new',
  null, null, null
),
(
  'pipeline', 29, 'engaged_leads', 'Engagés', 'Engaged', 'count',
  'leads whose status is engaged',
  null, null, null
),
(
  'pipeline', 30, 'leads_won', 'Gagnés', 'Won', 'count',
  'leads whose status is won',
  null, null, null
),
(
  'pipeline', 31, 'leads_lost', 'Perdus', 'Lost', 'count',
  'leads whose status is lost',
  null, null, null
),
(
  'pipeline', 32, 'leads_relance', 'À relancer', 'To follow up again', 'count',
  'leads whose status is relance',
  null, null, null
),
(
  'pipeline', 33, 'lost_rate', 'Taux de perte', 'Lost rate', 'percent',
  'lost / leads',
  null, null, null
),
(
  'pipeline', 34, 'relance_rate', 'Taux de relance', 'Relance rate', 'percent',
  'relance / leads',
  null, null, null
),
(
  'pipeline', 35, 'win_rate', 'Taux de gain', 'Win rate', 'percent',
  'won / (won + lost)',
  null, null, null
),
(
  'performance', 36, 'total_revenue', 'Revenus', 'Revenue', 'currency',
  'sum of deal_value of won leads',
  null, null, null
),
(
  'performance', 37, 'deals_count', 'Ventes', 'Deals', 'count',
  'won leads with a deal_value',
  null, null, null
),
(
  'performance', 38, 'avg_deal_value', 'Panier moyen', 'Average deal', 'currency',
  'revenue / deals',
  null, null, null
),
(
  'performance', 39, 'acquisition_cost', 'Coût d''acquisition', 'Acquisition cost', 'currency',
  'cost per lead × leads; null without a cost per lead',
  null, null, 'the cost per lead that the tenant states (setting acquisition_cost_per_lead)'
),
(
  'performance', 40, 'roi_pct', 'ROI', 'ROI', 'percent',
  '(revenue − cost) / cost; null without a cost',
  null, null, 'the cost per lead that the tenant states (setting acquisition_cost_per_lead)'
),
(
  'performance', 41, 'ai_efficiency', 'Efficacité de l''IA', 'AI efficiency', 'percent',
  'an assumption',
  null, null, '94 % (setting ai_efficiency_pct)'
),
(
  'performance',
  42,
  'hours_saved_monthly',
  'Heures gagnées par mois',
  'Hours saved a month',
  'hours',
  'an assumption',
  null, null, '47 h (setting hours_saved_monthly)'
),
(
  'performance',
  43,
  'avg_time_to_action_minutes',
  'Délai avant réservation',
  'Time to booking',
  'minutes',
  'mean minutes from first contact to booked call',
  null, null, null
),
(
  'performance',
  44,
  'best_conversion_weekday',
  'Meilleur jour de vente',
  'Best day to win',
  'weekday',
  'local weekday (ISO 1-7) of the weekday and hour with most won_at; ties to the earliest',
  null, null, null
),
(
  'performance', 45, 'best_conversion_hour', 'Meilleure heure de vente', 'Best hour to win', 'hour',
  'local hour of the weekday and hour with most won_at; ties to the earliest',
  null, null, null
);

insert into private.job_catalog (name, schedule, command)
values ('setterbase_refresh_kpis', '*/5 * * * *', 'select private.refresh_kpis()');

-- With pg_cron the job starts now; elsewhere this does nothing.
select private.register_jobs();
