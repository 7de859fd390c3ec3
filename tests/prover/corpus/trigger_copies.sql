-- story: a trigger copies rows into a table that everyone reads
-- uses: org, leads
-- leaks: public.lead_log select
create table public.lead_log (id bigint generated always as identity primary key, org_id uuid not null references public.orgs, name text);
create function public.tg_log() returns trigger language plpgsql security definer set search_path = '' as $$ begin insert into public.lead_log (org_id, name) values (new.org_id, new.name); return new; end $$;
create trigger log after insert on public.leads for each row execute function public.tg_log();
grant select on public.lead_log to authenticated;
-- @mended
alter table public.lead_log enable row level security;
create policy log_read on public.lead_log for select to authenticated using (org_id = any ((select public.my_orgs())::uuid[]));
