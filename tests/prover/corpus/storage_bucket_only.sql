-- story: a storage policy that asks for the bucket and not for the owner
-- uses: org, storage
-- leaks: storage.objects select; storage.objects delete
-- @bad
create policy files_read on storage.objects for select to authenticated using (bucket_id = 'contracts');
create policy files_drop on storage.objects for delete to authenticated using (bucket_id = 'contracts');
-- @mended
create policy files_read on storage.objects for select to authenticated using (bucket_id = 'contracts' and (storage.foldername(name))[1] = (select auth.uid())::text);
create policy files_drop on storage.objects for delete to authenticated using (bucket_id = 'contracts' and owner_id = (select auth.uid())::text);
create policy files_add on storage.objects for insert to authenticated with check (bucket_id = 'contracts' and (storage.foldername(name))[1] = (select auth.uid())::text);
