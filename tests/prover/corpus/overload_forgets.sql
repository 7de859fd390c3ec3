-- story: one overload asks, the other does not
-- uses: societes
-- leaks: public.total_ventes(societe integer, annee integer) execute
create table public.ventes (id serial primary key, societe_id integer not null references public.societes, libelle text not null, jour date not null default '2026-10-01', montant numeric not null default 5);
alter table public.ventes enable row level security;
create function public.total_ventes(societe integer) returns numeric language sql stable set search_path = '' as $$ select sum(v.montant) from public.ventes v where v.societe_id = societe $$;
grant select on public.ventes to authenticated;
create policy v on public.ventes for select to authenticated using (societe_id = (select public.ma_societe()));
-- @bad
create function public.total_ventes(societe integer, annee integer) returns setof public.ventes language sql stable security definer set search_path = '' as $$ select * from public.ventes v where v.societe_id = societe and extract(year from v.jour) = annee $$;
-- @mended
create function public.total_ventes(societe integer, annee integer) returns setof public.ventes language sql stable security definer set search_path = '' as $$ select * from public.ventes v where v.societe_id = societe and v.societe_id = public.ma_societe() and extract(year from v.jour) = annee $$;
