-- story: an updatable view with renamed columns and no filter
-- uses: societes
-- leaks: public.api_produits select; public.api_produits update; public.api_produits delete
create table public.produits (id serial primary key, societe_id integer not null references public.societes, libelle text not null, prix numeric(8,2) not null default 1 check (prix > 0));
alter table public.produits enable row level security;
create policy p on public.produits for all to authenticated using (societe_id = (select public.ma_societe())) with check (societe_id = (select public.ma_societe()));
grant select, insert, update, delete on public.produits to authenticated;
-- @bad
create view public.api_produits as select id as produit, societe_id as societe, libelle as nom, prix from public.produits;
grant select, insert, update, delete on public.api_produits to authenticated;
-- @mended
create view public.api_produits with (security_invoker = true) as select id as produit, societe_id as societe, libelle as nom, prix from public.produits;
grant select, insert, update, delete on public.api_produits to authenticated;
