select
  d.id,
  d.resolution
from private.dead_letters as d
where d.id = any(%(ids)s::bigint[]);
