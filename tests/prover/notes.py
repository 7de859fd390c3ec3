"""A person's notes: guarded, opened to all, and a table that nothing can prove."""

from __future__ import annotations

from tests.support.servers import Connection

NOTES = """
create table public.notes (id integer primary key, user_id uuid references auth.users, body text);
alter table public.notes enable row level security;
create policy own on public.notes for select to authenticated using (user_id = auth.uid());
create table public.countries (code text primary key, name text);
grant select on public.notes, public.countries to authenticated;
create function public.note_count() returns bigint language sql stable
as 'select count(*) from public.notes';
grant execute on function public.note_count() to authenticated;
"""
WIDE = "create policy wide on public.notes for select to authenticated using (true);"
DEAD = """
create table public.logs (id integer primary key, user_id uuid, line text);
alter table public.logs enable row level security;
create policy p on public.logs for select to authenticated
using (user_id = auth.uid() and line = md5(line));
grant select on public.logs to authenticated;
"""


def last_rows(connection: Connection, script: str) -> int:
    """Runs a script; how many rows its last statement brought."""
    cursor = connection.execute(script.encode())
    while cursor.nextset():
        pass
    return cursor.rowcount
