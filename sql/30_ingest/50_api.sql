-- The way in over HTTP: n8n, with the secret key.

create function public.ingest_event(event jsonb)
returns jsonb
language sql
set search_path = pg_catalog, pg_temp
begin atomic
  select
    private.take_events(array[ingest_event.event], array[ingest_event.event::text])
    -> 'results' -> 0;
end;

comment on function public.ingest_event(jsonb) is
'Takes one event; answers {"result": "accepted" | "duplicate" | "dead_letter", "reason"?, '
'"lead_id"?}.';

create function public.ingest_events(events jsonb)
returns jsonb
language sql
set search_path = pg_catalog, pg_temp
begin atomic
  -- Anything but an array makes jsonb_array_elements raise 22023, which says so.
  select
    private.take_events(
      array(select e.event from jsonb_array_elements(ingest_events.events) as e (event)),
      array(select e.event::text from jsonb_array_elements(ingest_events.events) as e (event))
    );
end;

comment on function public.ingest_events(jsonb) is
'Takes an array of events; answers {"accepted", "duplicates", "dead_letters", "results"}, '
'results in the order of the array.';
