-- What an event may say, and what it says: pure functions of the event alone.

-- RFC 3339, strictly: PostgreSQL alone would also take «yesterday» and times without an offset.
-- Null when the text is no such time.
create function private.parse_rfc3339(value text)
returns timestamptz
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
  if value !~ (
    '^\d{4}-\d{2}-\d{2}[Tt]([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?'
    '([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)$'
  ) then
    return null;
  end if;
  return value::timestamptz;
exception
  -- Also 22009: PostgreSQL knows no offset beyond 15:59, which RFC 3339 allows.
  when data_exception then
    return null;
end;
$$;

comment on function private.parse_rfc3339(text) is
'The instant, or null for anything but an RFC 3339 time.';

-- A field as text: null when absent, null, blank, or no text at all.
create function private.event_text(event jsonb, field text)
returns text
language sql
immutable
set search_path = pg_catalog, pg_temp
return case
  when jsonb_typeof(event -> event_text.field) in ('string', 'number')
    then nullif(btrim(event ->> event_text.field, E' \t\r\n'), '')
end;

comment on function private.event_text(jsonb, text) is
'A field of an event as text; null when it is missing or blank.';

-- Why this event can never be applied as it stands, whatever the database holds; null when sound.
-- The first words are a code: docs/errors.md lists them.
create function private.event_problem(event jsonb)
returns text
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_type text;
  v_field text;
  v_value jsonb;
  v_allowed text [];
begin
  if jsonb_typeof(event) is distinct from 'object' then
    return 'not_an_object: an event is a JSON object';
  end if;

  foreach v_field in array array['id', 'type', 'coach_id', 'contact_id', 'at'] loop
    v_value := event -> v_field;
    if v_value is null or v_value = 'null' then
      return format('missing_%s: every event needs %1$s', v_field);
    elsif jsonb_typeof(v_value) <> 'string' then
      return format('malformed_%s: %1$s must be a string', v_field);
    elsif btrim(event ->> v_field) = '' then
      return format('missing_%s: %1$s is blank', v_field);
    end if;
  end loop;
  if length(event ->> 'id') > 500 or length(event ->> 'contact_id') > 500 then
    return 'malformed_id: id and contact_id have at most 500 characters';
  end if;
  if event ->> 'coach_id' !~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then
    return format('malformed_coach_id: "%s" is no uuid', left(event ->> 'coach_id', 60));
  end if;
  if private.parse_rfc3339(event ->> 'at') is null then
    return format(
      'malformed_at: "%s" is no RFC 3339 time, such as 2026-10-31T12:00:00Z', left(event ->> 'at', 60)
    );
  end if;

  v_type := event ->> 'type';
  if v_type not in ('lead', 'message', 'status', 'call', 'lead_magnet') then
    return format(
      'unknown_type: "%s" is not one of lead, message, status, call, lead_magnet', left(v_type, 60)
    );
  end if;

  -- The closed lists, by type. Only a lead's gender may be left out.
  select l.field, l.allowed into v_field, v_allowed
  from (
    values
    ('lead', 'gender', array['male', 'female', 'other']),
    ('message', 'direction', array['in', 'out']),
    (
      'status', 'status',
      array['engaged', 'qualified', 'call_proposed', 'call_booked', 'won', 'lost', 'relance']
    ),
    ('call', 'outcome', array['proposed', 'booked', 'attended', 'no_show'])
  ) as l (type, field, allowed)
  where l.type = v_type;
  if found and coalesce(event ->> v_field, '') <> all (v_allowed)
    and (v_type <> 'lead' or btrim(coalesce(event ->> v_field, '')) <> '') then
    return format(
      'invalid_%s: "%s" is not one of %s',
      v_field, left(coalesce(event ->> v_field, ''), 60), array_to_string(v_allowed, ', ')
    );
  end if;

  if v_type = 'lead' and jsonb_typeof(coalesce(event -> 'age', 'null')) <> 'null' then
    v_value := event -> 'age';
    if jsonb_typeof(v_value) <> 'number' or v_value::numeric % 1 <> 0 then
      return 'invalid_age: age must be an integer';
    elsif v_value::numeric not between 0 and 130 then
      return 'invalid_age: age must be from 0 to 130';
    end if;
  end if;
  if v_type = 'status' and jsonb_typeof(coalesce(event -> 'deal_value', 'null')) <> 'null' then
    v_value := event -> 'deal_value';
    if jsonb_typeof(v_value) <> 'number' then
      return 'invalid_deal_value: deal_value must be a number';
    elsif v_value::numeric < 0 or v_value::numeric >= 1e12 then
      return 'invalid_deal_value: deal_value must be 0 or more, and below 1e12';
    end if;
  end if;

  -- The remaining fields are texts.
  foreach v_field in array case v_type
    when 'lead' then array[
      'user_id_instagram', 'first_name', 'last_name', 'email', 'job_title', 'source'
    ]
    when 'message' then array['text', 'external_id']
    when 'status' then array['loss_reason']
    else array[]::text []
  end loop
    if jsonb_typeof(coalesce(event -> v_field, 'null')) not in ('null', 'string', 'number') then
      return format('malformed_%s: %1$s must be a string', v_field);
    end if;
  end loop;
  return null;
end;
$$;

comment on function private.event_problem(jsonb) is
'Why an event is unsound, as «code: words»; null when it is sound.';

-- The values that a sound event carries for columns of leads, as {column: value}.
create function private.event_fields(event jsonb)
returns jsonb
language sql
immutable
set search_path = pg_catalog, pg_temp
return jsonb_strip_nulls(
  case event ->> 'type'
    when 'lead'
      then
        jsonb_build_object(
          'user_id_instagram', private.event_text(event, 'user_id_instagram'),
          'first_name', private.event_text(event, 'first_name'),
          'last_name', private.event_text(event, 'last_name'),
          'email', private.event_text(event, 'email'),
          -- nullif: before PostgreSQL 18 a JSON null has no cast to a number.
          'age', nullif(event -> 'age', 'null')::integer,
          'gender', private.event_text(event, 'gender'),
          -- As written: how a profession is spelled most often is a figure of its own.
          'job_title', case
            when private.event_text(event, 'job_title') is not null then event ->> 'job_title'
          end,
          'source', private.event_text(event, 'source')
        )
    when 'status'
      then
        jsonb_build_object(
          'deal_value', nullif(event -> 'deal_value', 'null')::numeric,
          'loss_reason', private.event_text(event, 'loss_reason')
        )
    else '{}'
  end
);

comment on function private.event_fields(jsonb) is
'What an event says of its lead, as {column: value}.';
