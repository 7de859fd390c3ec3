select t.*
from public.get_top_professions(%(coach_id)s, %(limit)s::integer) as t;
