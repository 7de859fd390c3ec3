-- story: every organisation numbers its bills by a sequence of its own, and a function draws from any
-- uses: org
-- leaks: public.draw_bill_number(p_org uuid) execute
create table public.series (org_id uuid primary key references public.orgs on delete cascade, sequence_name text not null);
alter table public.series enable row level security;
create policy series_read on public.series for select to authenticated using (org_id = any ((select public.my_orgs())::uuid[]));
grant select on public.series to authenticated;
create function public.tg_series() returns trigger language plpgsql security definer set search_path = '' as $$ begin
  new.sequence_name := 'bills_' || replace(new.org_id::text, '-', '');
  execute format('create sequence public.%I', new.sequence_name); return new; end $$;
create trigger series_made before insert on public.series for each row execute function public.tg_series();
-- @bad
create function public.draw_bill_number(p_org uuid) returns bigint language sql security definer set search_path = ''
as $$ select nextval(format('public.%I', s.sequence_name)::regclass) from public.series s where s.org_id = p_org $$;
-- @mended
create function public.draw_bill_number(p_org uuid) returns bigint language sql security definer set search_path = ''
as $$ select nextval(format('public.%I', s.sequence_name)::regclass) from public.series s where s.org_id = p_org and s.org_id = any (public.my_orgs()) $$;
