-- story: a service is told by a header that must be there, whatever it says; mended, by the word that it holds
-- leaks: public.orders select
create table public.service_keys (service_token text primary key default md5(gen_random_uuid()::text));
create table public.orders (id uuid primary key default gen_random_uuid(), user_id uuid not null references auth.users, note text not null);
alter table public.service_keys enable row level security;
alter table public.orders enable row level security;
create policy own on public.orders for select to authenticated using (user_id = auth.uid());
grant select on public.orders to authenticated;
create function public.is_key(word text) returns boolean language sql stable security definer set search_path = '' as 'select exists (select from public.service_keys as k where k.service_token = word)';
revoke execute on function public.is_key(text) from public, anon;
grant execute on function public.is_key(text) to authenticated;
-- @bad
create policy service on public.orders for select to authenticated using ((current_setting('request.headers', true)::json ->> 'x-service-token') is not null);
-- @mended
create policy service on public.orders for select to authenticated using (public.is_key(current_setting('request.headers', true)::json ->> 'x-service-token'));
