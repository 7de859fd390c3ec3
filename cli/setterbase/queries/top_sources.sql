select t.*
from public.get_top_sources(%(coach_id)s, %(limit)s::integer) as t;
