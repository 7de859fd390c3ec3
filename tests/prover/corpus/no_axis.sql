-- story: a schema without people: nothing to isolate, and it says so
-- safe
-- no axis
create table public.cities (id integer primary key, name text not null);
create table public.streets (id integer primary key, city_id integer not null references public.cities, name text);
grant select on public.cities, public.streets to anon, authenticated;
