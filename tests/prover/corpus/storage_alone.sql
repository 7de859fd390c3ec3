-- story: uploads of everyone may be deleted by everyone
-- uses: storage
-- no axis
-- leaks: storage.objects delete
create policy o on storage.objects for select to authenticated using (bucket_id = 'avatars' and owner_id = auth.uid()::text);
-- @bad
create policy d on storage.objects for delete to authenticated using (bucket_id = 'avatars' and auth.role() = 'authenticated');
create policy o2 on storage.objects for select to authenticated using (bucket_id = 'avatars');
-- @mended
create policy d on storage.objects for delete to authenticated using (bucket_id = 'avatars' and owner_id = (select auth.uid()::text));
