-- Row policies with their expressions; `roles` is empty when a policy is for everyone.
select
  p.polrelid as relation,
  p.polname as name,
  case p.polcmd
    when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update'
    when 'd' then 'delete' else 'all'
  end as command,
  p.polpermissive as permissive,
  array(select r.rolname::text from pg_roles r where r.oid = any (p.polroles)) as roles,
  pg_get_expr(p.polqual, p.polrelid) as using_expr,
  pg_get_expr(p.polwithcheck, p.polrelid) as check_expr
from pg_policy p
join pg_class c on c.oid = p.polrelid
order by c.relname, p.polname;
