select
  k.code,
  k.section,
  k.label_fr,
  k.label_en,
  k.unit,
  k.formula,
  k.estimate_basis,
  k.badge_excellent_from,
  k.badge_good_from
from public.kpi_catalog as k
order by k.position;
