-- story: un profil dont on change soi-même la société
-- uses: societes
-- leaks: public.utilisateurs attach
revoke all on public.utilisateurs from anon, authenticated;
grant select on public.utilisateurs to authenticated;
create policy u_u on public.utilisateurs for update to authenticated using (id = auth.uid());
-- @bad
grant update (nom, societe_id) on public.utilisateurs to authenticated;
-- @mended
grant update (nom) on public.utilisateurs to authenticated;
