-- story: a post names a band or none, and is for the world or for the band; everyone may read those
-- story: for the world, and one rule shows what no band has
-- leaks: public.posts select
create table public.bands (id uuid primary key default gen_random_uuid(), name text not null);
create table public.band_members (band_id uuid not null references public.bands, user_id uuid not null references auth.users, band_role text not null default 'player' check (band_role in ('owner', 'captain', 'player')), primary key (band_id, user_id));
create table public.posts (id uuid primary key default gen_random_uuid(), author_id uuid not null references auth.users, band_id uuid references public.bands, body text not null, visibility text not null default 'public' check (visibility in ('public', 'band')));
create function public.band_role(b uuid) returns text language sql stable security definer set search_path = '' as $$ select m.band_role from public.band_members as m where m.band_id = b and m.user_id = auth.uid() $$;
alter table public.bands enable row level security;
alter table public.band_members enable row level security;
alter table public.posts enable row level security;
create policy own on public.bands for select using (public.band_role(id) is not null);
create policy see on public.band_members for select using (public.band_role(band_id) is not null);
create policy lead on public.band_members for all using (public.band_role(band_id) in ('owner', 'captain'));
create policy world on public.posts for select using (visibility = 'public' or author_id = auth.uid() or (visibility = 'band' and public.band_role(band_id) is not null));
create policy write on public.posts for insert with check (author_id = auth.uid() and (band_id is null or public.band_role(band_id) is not null));
grant select, insert, update, delete on public.bands, public.band_members, public.posts to authenticated;
-- @bad
create policy stray on public.posts for select using (author_id is not null);
-- @mended
create policy stray on public.posts for select using (author_id = auth.uid());
