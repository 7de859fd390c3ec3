-- Every table that this transaction has written to, and how often.
select
  s.relid,
  s.n_tup_ins + s.n_tup_upd + s.n_tup_del as written
from pg_catalog.pg_stat_xact_user_tables s
where s.n_tup_ins + s.n_tup_upd + s.n_tup_del > 0;
