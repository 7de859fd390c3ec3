"""Making two tenants: what was there already, what cannot be made, what triggers do."""

from __future__ import annotations

import pytest

from setterbase.prover import prove
from setterbase.prover.verdict import Kind, Report
from tests.support.servers import Connection

FROZEN = """
create table public.archive (id integer primary key, user_id uuid not null, note text);
insert into public.archive values (1, gen_random_uuid(), 'long ago');
create function public.tg_frozen() returns trigger language plpgsql as
$$ begin raise exception 'closed since 2020'; end $$;
create trigger frozen before insert on public.archive
for each row execute function public.tg_frozen();
alter table public.archive enable row level security;
grant select on public.archive to authenticated;
"""


def worst(report: Report, name: str) -> Kind:
    return report.objects()[name]


@pytest.mark.legs(18)
def test_a_table_that_cannot_be_filled_is_never_isolated(blank: Connection) -> None:
    blank.execute(FROZEN)
    blank.execute("create policy p on public.archive for select using (user_id = auth.uid())")
    report = prove.run(blank)
    assert worst(report, "public.archive") is Kind.UNPROVEN
    assert "closed since 2020" in report.of(Kind.UNPROVEN)[0].reason
    assert report.exit_code() == 3
    assert report.exit_code(allow_unproven=True) == 0


@pytest.mark.legs(18)
def test_rows_that_were_there_are_victims_too(blank: Connection) -> None:
    blank.execute(FROZEN)
    blank.execute("create policy p on public.archive for select using (true)")
    report = prove.run(blank)
    assert worst(report, "public.archive") is Kind.LEAK
    leak = next(v for v in report.of(Kind.LEAK))
    assert leak.witness is not None
    assert "long ago" in leak.witness.row


@pytest.mark.legs(18)
def test_a_dead_condition_is_unproven_and_not_isolated(blank: Connection) -> None:
    blank.execute(
        "create table public.logs (id integer primary key, user_id uuid, line text);"
        "alter table public.logs enable row level security;"
        "grant select on public.logs to authenticated;"
        "create policy p on public.logs for select to authenticated"
        " using (user_id = auth.uid() and line = md5(line))"
    )
    assert worst(prove.run(blank), "public.logs") is Kind.UNPROVEN


@pytest.mark.legs(18)
def test_a_table_whose_key_is_its_tenant_is_no_false_alarm(blank: Connection) -> None:
    blank.execute(
        "create table public.tenants (id uuid primary key, name text);"
        "create table public.settings (tenant_id uuid primary key references public.tenants);"
        "alter table public.tenants enable row level security;"
        "alter table public.settings enable row level security;"
        "grant select, insert, update, delete on public.settings to authenticated;"
        "create policy p on public.settings to authenticated"
        " using (tenant_id = (auth.jwt() -> 'app_metadata' ->> 'tenant_id')::uuid)"
    )
    report = prove.run(blank)
    assert worst(report, "public.settings") is Kind.ISOLATED
    axis = next(a for a in report.axes if a.object == "public.settings")
    assert axis.axis != "tenant"


@pytest.mark.legs(18)
def test_the_role_of_the_prover_needs_no_superuser(blank: Connection) -> None:
    found = blank.execute("select rolsuper from pg_roles where rolname = current_user").fetchone()
    assert found == (False,)
