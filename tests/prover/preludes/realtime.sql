create schema realtime; grant usage on schema realtime to anon, authenticated;
create table realtime.messages (topic text not null, extension text not null, payload jsonb, event text, private boolean default false, inserted_at timestamp not null default now(), id uuid not null default gen_random_uuid(), primary key (id, inserted_at));
alter table realtime.messages enable row level security;
grant select, insert, update on realtime.messages to anon, authenticated;
create function realtime.topic() returns text language sql stable as $$ select nullif(current_setting('realtime.topic', true), '') $$;
