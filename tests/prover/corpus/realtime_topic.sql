-- story: a channel whose topic nobody compares with the caller
-- uses: org
-- leaks: realtime.messages select
create schema realtime;
grant usage on schema realtime to anon, authenticated;
create table realtime.messages (id uuid not null default gen_random_uuid(), topic text not null, extension text not null, event text, payload jsonb, private boolean default false, inserted_at timestamp not null default now(), primary key (id, inserted_at)) partition by range (inserted_at);
create table realtime.messages_all partition of realtime.messages default;
create function realtime.topic() returns text language sql stable as $$ select nullif(current_setting('realtime.topic', true), '') $$;
alter table realtime.messages enable row level security;
grant select, insert on realtime.messages to authenticated;
-- @bad
create policy listen on realtime.messages for select to authenticated using (extension = 'broadcast');
-- @mended
create policy listen on realtime.messages for select to authenticated using (split_part(realtime.topic(), ':', 1) = 'org' and split_part(realtime.topic(), ':', 2) = any ((select public.my_orgs())::text[]));
