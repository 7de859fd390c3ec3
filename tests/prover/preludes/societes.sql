create table public.societes (id serial primary key, raison_sociale text not null, siret char(14));
create table public.utilisateurs (id uuid primary key references auth.users on delete cascade, societe_id integer not null references public.societes, nom text not null, fonction text not null default 'vendeur' check (fonction in ('gerant', 'vendeur', 'comptable')), actif boolean not null default true);
alter table public.societes enable row level security;
alter table public.utilisateurs enable row level security;
create function public.ma_societe() returns integer language sql stable security definer set search_path = ''
as $$ select u.societe_id from public.utilisateurs u where u.id = auth.uid() and u.actif $$;
create policy s_r on public.societes for select to authenticated using (id = (select public.ma_societe()));
create policy u_r on public.utilisateurs for select to authenticated using (societe_id = (select public.ma_societe()));
grant select on public.societes, public.utilisateurs to authenticated;
