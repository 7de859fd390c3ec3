-- story: a trigger copies every change into a journal that all may read
-- uses: societes
-- leaks: public.journal select
create table public.ventes (id serial primary key, societe_id integer not null references public.societes, libelle text not null);
create table public.journal (id bigserial primary key, quand timestamptz not null default now(), nouveau jsonb);
create function public.tg_journal() returns trigger language plpgsql security definer set search_path = '' as $$ begin insert into public.journal (nouveau) values (to_jsonb(new)); return new; end $$;
create trigger j after insert or update on public.ventes for each row execute function public.tg_journal();
alter table public.ventes enable row level security; alter table public.journal enable row level security;
create policy v on public.ventes for select to authenticated using (societe_id = (select public.ma_societe()));
grant select on public.ventes to authenticated;
-- @bad
create policy j on public.journal for select to authenticated using (true);
grant select on public.journal to authenticated;
-- @mended
create policy j on public.journal for select to authenticated using ((nouveau ->> 'societe_id')::integer = (select public.ma_societe()));
grant select on public.journal to authenticated;
