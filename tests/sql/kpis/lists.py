"""Tops, loss reasons, funnel and response rates: as asked, and counted in plain Python."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from psycopg.rows import dict_row

from tests.sql.kpis.oracle import percent
from tests.support.servers import Connection

Row = dict[str, Any]
Lists = dict[str, list[Row]]

ASKED = """
select jsonb_build_object(
  'top_sources', (select jsonb_agg(t) from public.get_top_sources(%(coach)s, 99) as t),
  'top_professions', (select jsonb_agg(t) from public.get_top_professions(%(coach)s, 99) as t),
  'loss_reasons', (select jsonb_agg(t) from public.get_loss_reasons(%(coach)s) as t),
  'funnel', (select jsonb_agg(t) from public.get_funnel(%(coach)s) as t),
  'rates', (select jsonb_agg(t) from public.get_response_rates(%(coach)s) as t)
)
"""
BOARD = """
select jsonb_build_object(
  'top_sources', b.top_sources, 'top_professions', b.top_professions,
  'loss_reasons', b.loss_reasons, 'funnel', b.funnel
)
from private.kpi_boards as b where b.coach_id = %(coach)s
"""
STAGES = ("lead", "contacted", "engaged", "qualified", "call_proposed", "call_booked", "won")


def asked(db: Connection, coach: object) -> Lists:
    """What the functions answer now, whole."""
    row = db.execute(ASKED, {"coach": coach}).fetchone()
    assert row is not None
    return {name: rows or [] for name, rows in row[0].items()}


def counted(db: Connection, coach: object) -> Lists:
    """The same from leads and sequences."""
    leads = _rows(db, "select * from public.leads where coach_id = %s", coach)
    sequences = _rows(db, "select * from public.message_sequences where coach_id = %s", coach)
    known = _rows(db, "select id from public.coachs where id = %s", coach)
    sources = Counter("unknown" if r["source"] is None else r["source"] for r in leads)
    titles = Counter(title for r in leads if (title := (r["job_title"] or "").strip(" ")))
    reasons = Counter(r["loss_reason"] for r in leads if r["status"] == "lost" and r["loss_reason"])
    return {
        "top_sources": _tops("source_name", {name: {name: n} for name, n in sources.items()}),
        "top_professions": _tops("profession", _by_word(titles)),
        "loss_reasons": _tops("loss_reason", {name: {name: n} for name, n in reasons.items()}),
        "funnel": _funnel(leads) if leads else [],
        "rates": [_rates(sequences)] if known else [],
    }


def assert_lists(db: Connection, coaches: Iterable[object]) -> None:
    """At any moment, whatever was refreshed or not."""
    for coach in coaches:
        assert asked(db, coach) == counted(db, coach)


def assert_boards(db: Connection) -> None:
    """After a refresh; a tenant without settings has no board."""
    for (coach,) in db.execute("select coach_id from public.coach_settings").fetchall():
        whole = counted(db, coach)
        row = db.execute(BOARD, {"coach": coach}).fetchone()
        assert row == (
            {
                "top_sources": whole["top_sources"][:3],
                "top_professions": whole["top_professions"][:5],
                "loss_reasons": whole["loss_reasons"],
                "funnel": whole["funnel"],
            },
        )


def read_logs_of_any_length(db: Connection) -> None:
    """Not counting the rows where the log is longer; a log keeps what other tests rolled back."""
    row = db.execute(
        "select pg_get_functiondef('private.kept_tenants(uuid[], regclass)'::regprocedure)"
    ).fetchone()
    assert row is not None
    assert row[0].count(" / current_setting('block_size')::integer ") == 1
    db.execute(row[0].replace(" / current_setting('block_size')::integer ", " / 1e12 ").encode())


def _rows(db: Connection, query: str, coach: object) -> list[Row]:
    with db.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query.encode(), [coach]).fetchall()


def _by_word(titles: Counter[str]) -> dict[str, dict[str, int]]:
    words: dict[str, dict[str, int]] = {}
    for title, leads in titles.items():
        words.setdefault(title.lower(), {})[title] = leads
    return words


def _tops(name: str, words: dict[str, dict[str, int]]) -> list[Row]:
    """The commonest first, each in its commonest spelling; ties by the bytes."""
    sums = {word: sum(spellings.values()) for word, spellings in words.items()}
    total = sum(sums.values())
    return [
        {
            name: min(words[word].items(), key=lambda s: (-s[1], s[0].encode()))[0],
            "lead_count": leads,
            "percentage": _share(leads, total),
        }
        for word, leads in sorted(sums.items(), key=lambda w: (-w[1], w[0].encode()))
    ]


def _funnel(leads: list[Row]) -> list[Row]:
    reached = [
        len(leads),
        sum(r["total_messages_sent"] > 0 for r in leads),
        *(sum(r[f"{stage}_at"] is not None for r in leads) for stage in STAGES[2:6]),
        sum(r["status"] == "won" for r in leads),
    ]
    return [
        {
            "position": number + 1,
            "stage": stage,
            "lead_count": reached[number],
            "percentage": _share(reached[number], len(leads)),
            "step_percentage": _share(reached[number], reached[number - 1]) if number else None,
        }
        for number, stage in enumerate(STAGES)
    ]


def _rates(sequences: list[Row]) -> Row:
    return {
        f"msg{n}_rate": _share(
            sum(r[f"msg{n}_replied"] for r in sequences),
            sum(r[f"msg{n}_sent_at"] is not None for r in sequences),
        )
        for n in range(1, 5)
    }


def _share(part: int, whole: int) -> float | None:
    share = percent(part, whole)
    return None if share is None else float(share)
