-- story: whoever is signed in uploads into anybody's folder
-- uses: org, storage
-- leaks: storage.objects insert
-- @bad
create policy files_add on storage.objects for insert to authenticated with check (bucket_id = 'avatars' and auth.role() = 'authenticated');
-- @mended
create policy files_add on storage.objects for insert to authenticated with check (bucket_id = 'avatars' and (storage.foldername(name))[1]::uuid = any ((select public.my_orgs())::uuid[]));
