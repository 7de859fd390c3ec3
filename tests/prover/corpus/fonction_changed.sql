-- story: un vendeur change sa propre fonction
-- uses: societes
-- leaks: public.utilisateurs promote
grant update on public.utilisateurs to authenticated;
-- @bad
create policy u_u on public.utilisateurs for update to authenticated using (id = auth.uid());
-- @mended
create function public.tg_garde() returns trigger language plpgsql set search_path = '' as $$
begin
  if current_user in ('anon', 'authenticated') and (new.fonction, new.societe_id, new.actif) is distinct from (old.fonction, old.societe_id, old.actif) then raise exception 'interdit' using errcode = '42501'; end if;
  return new;
end $$;
create trigger garde before update on public.utilisateurs for each row execute function public.tg_garde();
create policy u_u on public.utilisateurs for update to authenticated using (id = auth.uid()) with check (id = auth.uid());
