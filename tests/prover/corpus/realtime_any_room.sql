-- story: any signed-in person listens to any room
-- uses: workspaces, realtime
-- leaks: realtime.messages select
-- @bad
create policy r on realtime.messages for select to authenticated using (extension = 'broadcast');
-- @mended
create policy r on realtime.messages for select to authenticated using (extension = 'broadcast' and public.is_member(split_part(realtime.topic(), ':', 2)::bigint) and realtime.topic() like 'ws:%');
