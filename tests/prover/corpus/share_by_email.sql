-- story: documents are shared by writing down an email; one rule lets everybody share every document
-- leaks: public.doc_shares attach
-- public: public.doc_shares insert
create table public.docs (id uuid primary key default gen_random_uuid(), owner uuid not null default auth.uid() references auth.users, title text);
create table public.doc_shares (doc_id uuid not null references public.docs on delete cascade, email text not null, can_edit boolean not null default false, primary key (doc_id, email));
create function public.owns_doc(d uuid) returns boolean language sql stable security definer set search_path = '' as $$ select exists (select 1 from public.docs where id = d and owner = auth.uid()) $$;
create function public.shared_with_me(d uuid, edit boolean default false) returns boolean language sql stable security definer set search_path = '' as $$ select exists (select 1 from public.doc_shares s where s.doc_id = d and s.email = auth.jwt() ->> 'email' and (s.can_edit or not edit)) $$;
alter table public.docs enable row level security;
alter table public.doc_shares enable row level security;
create policy docs_read on public.docs for select to authenticated using (owner = auth.uid() or public.shared_with_me(id));
create policy docs_change on public.docs for update to authenticated using (owner = auth.uid() or public.shared_with_me(id, true)) with check (owner = auth.uid() or public.shared_with_me(id, true));
create policy shares_read on public.doc_shares for select to authenticated using (public.owns_doc(doc_id) or email = auth.jwt() ->> 'email');
create policy shares_change on public.doc_shares for update to authenticated using (public.owns_doc(doc_id)) with check (public.owns_doc(doc_id));
grant select, update on public.docs to authenticated;
grant select, insert, update on public.doc_shares to authenticated;
-- @bad
create policy shares_write on public.doc_shares for insert to authenticated with check (email = auth.jwt() ->> 'email' or public.owns_doc(doc_id));
-- @mended
create policy shares_write on public.doc_shares for insert to authenticated with check (public.owns_doc(doc_id));
