-- story: conversations by participants: a helper breaks the recursion
-- leaks: public.messages select
create table public.conversations (id uuid primary key default gen_random_uuid(), created_by uuid not null default auth.uid() references auth.users, created_at timestamptz default now());
create table public.participants (conversation_id uuid not null references public.conversations on delete cascade, user_id uuid not null references auth.users on delete cascade, last_read_at timestamptz, primary key (conversation_id, user_id));
create table public.messages (id bigint generated always as identity primary key, conversation_id uuid not null references public.conversations on delete cascade, sender_id uuid not null default auth.uid() references auth.users, content text not null check (char_length(content) between 1 and 4000), created_at timestamptz default now());
create function public.is_participant(c uuid) returns boolean language sql stable security definer set search_path = '' as $$ select exists (select 1 from public.participants p where p.conversation_id = c and p.user_id = auth.uid()) $$;
alter table public.conversations enable row level security; alter table public.participants enable row level security; alter table public.messages enable row level security;
create policy c_r on public.conversations for select to authenticated using (public.is_participant(id) or created_by = auth.uid());
create policy c_i on public.conversations for insert to authenticated with check (created_by = auth.uid());
create policy p_r on public.participants for select to authenticated using (public.is_participant(conversation_id));
create policy p_i on public.participants for insert to authenticated with check (exists (select 1 from public.conversations c where c.id = conversation_id and c.created_by = auth.uid()));
create policy m_i on public.messages for insert to authenticated with check (sender_id = auth.uid() and public.is_participant(conversation_id));
grant select, insert on public.conversations, public.participants, public.messages to authenticated;
-- @bad
create policy m_r on public.messages for select to authenticated using (exists (select 1 from public.participants p where p.conversation_id = conversation_id and p.user_id = auth.uid()));
-- @mended
create policy m_r on public.messages for select to authenticated using (public.is_participant(conversation_id));
