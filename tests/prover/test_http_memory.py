"""The memory of a copy: rows and sequences come back, another structure is told."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from setterbase.prover.rest.memory import Memory
from tests.support.servers import Connection, Database, Server

pytestmark = pytest.mark.legs(18)

SCHEMA = """
create table public.parents (id integer generated always as identity primary key, name text);
create table public.children (
  id bigserial primary key,
  parent_id integer not null references public.parents on delete cascade,
  price numeric,
  doubled numeric generated always as (price * 2) stored,
  "Odd name" text
);
create function public.forbid() returns trigger language plpgsql as
'begin raise exception ''never written twice''; end';
insert into public.parents (name) values ('one'), ('two');
insert into public.children (parent_id, price, "Odd name")
values (1, 3, E'tab\\tend'), (2, null, null);
create trigger guard before insert or delete on public.children
for each row execute function public.forbid();
"""
STATE = """
select array_agg(p.* order by p.id), array_agg(c.* order by c.id)
from public.parents as p left join public.children as c on p.id = c.parent_id
"""


@pytest.fixture
def superuser(server: Server) -> Iterator[Connection]:
    database: Database = server.clone(server.bare("current"))
    with database.connect("supabase_admin", autocommit=True) as connection:
        connection.execute(SCHEMA.encode())
        yield connection
    server.drop(database)


def test_rows_and_sequences_come_back(superuser: Connection) -> None:
    memory = Memory(superuser)
    memory.learn()
    before = superuser.execute(STATE.encode()).fetchone()
    assert not memory.differs()
    superuser.execute("set session_replication_role = replica")
    superuser.execute("delete from public.children where id = 1")
    superuser.execute("update public.parents set name = 'stolen'")
    superuser.execute("reset session_replication_role")
    superuser.execute("insert into public.parents (name) values ('three')")
    assert memory.differs()
    assert memory.restore()
    assert not memory.differs()
    assert superuser.execute(STATE.encode()).fetchone() == before
    made = superuser.execute("insert into public.parents (name) values ('x') returning id")
    assert made.fetchone() == (3,)


def test_a_sequence_that_had_not_begun_begins_again(superuser: Connection) -> None:
    superuser.execute("create sequence public.numbers start 7")
    memory = Memory(superuser)
    memory.learn()
    superuser.execute("select nextval('public.numbers')")
    assert memory.restore()
    assert superuser.execute("select nextval('public.numbers')").fetchone() == (7,)


@pytest.mark.parametrize(
    "change",
    [
        "create table public.extra (id integer)",
        "truncate public.parents cascade",
        "drop function public.forbid() cascade",
        "create policy p on public.parents for select using (true)",
        "alter table public.parents enable row level security",
    ],
)
def test_another_structure_takes_a_new_copy(superuser: Connection, change: str) -> None:
    memory = Memory(superuser)
    memory.learn()
    superuser.execute(change.encode())
    assert not memory.restore()


def test_the_clock_moves_with_what_was_written_even_if_undone(superuser: Connection) -> None:
    memory = Memory(superuser)
    now = memory.clock()
    superuser.execute("select count(*) from public.parents")
    assert memory.clock() == now
    with superuser.transaction(force_rollback=True):
        superuser.execute("update public.parents set name = 'x'")
    assert memory.clock() > now
