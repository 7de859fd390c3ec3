"""One coach's dashboard, section by section."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from setterbase.kpis.catalog import Kpi
from setterbase.kpis.dashboards import Dashboard, Figure
from setterbase.render.figures import bar, clean, figure, instant, number, percent
from setterbase.render.words import word

LEAST_COLUMNS, MOST_COLUMNS = 72, 100
INDENT = 2
_LABEL = 24
_BADGES = {"excellent": "green", "good": "yellow", "to_improve": "red"}
_PRIORITIES = {"high": "red", "medium": "yellow", "low": "bright_black"}

# What bars and the funnel show already; everything else of a section is listed beneath them.
_DRAWN = {
    "conversion": ("contacted_leads", "qualified_leads", "calls_proposed", "calls_booked"),
    "demography": ("male_count", "female_count", "other_count", "male_pct", "female_pct")
    + ("other_pct",),
    "pipeline": ("new_leads", "engaged_leads", "leads_relance", "leads_won", "leads_lost"),
}
_GENDERS = (
    ("male_count", "male_pct"),
    ("female_count", "female_pct"),
    ("other_count", "other_pct"),
)


def dashboard(board: Dashboard, catalog: Sequence[Kpi], *, lang: str, width: int) -> RenderableType:
    """Everything of `board`, `width` columns wide as far as that makes sense."""
    width = min(max(width, LEAST_COLUMNS), MOST_COLUMNS)
    page = _Page(board, {kpi.code: kpi for kpi in catalog}, lang, width)
    return Group(
        page.heading(),
        *page.section("activity"),
        *page.section("response", page.response()),
        *page.section("conversion", page.funnel()),
        *page.section("demography", page.genders(), below=page.tops()),
        *page.section("pipeline", page.statuses(), below=page.why_lost()),
        *page.section("performance", below=page.footnote()),
        *page.followups(),
    )


@dataclass(frozen=True)
class _Page:
    board: Dashboard
    catalog: dict[str, Kpi]
    lang: str
    width: int

    def heading(self) -> RenderableType:
        title = Text(clean(self.board.name), "bold")
        if self.board.specialty:
            title.append(f" · {clean(self.board.specialty)}", "not bold")
        moment = instant(self.board.as_of, self.board.timezone)
        when = f"{word('as_of', self.lang)} {moment}"
        line = Table.grid()
        line.add_column(width=self.width - len(when) - 1, no_wrap=True)
        line.add_column(width=len(when) + 1, justify="right", no_wrap=True)
        line.add_row(title, Text(when, "bright_black"))
        return Group(line, Text("━" * self.width, "cyan"))

    def section(
        self,
        name: str,
        drawn: RenderableType | None = None,
        *,
        below: RenderableType | None = None,
    ) -> Iterable[RenderableType]:
        """Its title, what is drawn, then its remaining figures in columns, and what goes below."""
        codes = [
            code
            for code, kpi in self.catalog.items()
            if kpi.section == name
            and code in self.board.kpis
            and code not in _DRAWN.get(name, ())
            and name != "response"
        ]
        yield self.title(name)
        if drawn is not None:
            yield drawn
        if codes:
            yield self.facts(codes)
        if below is not None:
            yield below
        yield Text()

    def footnote(self) -> RenderableType | None:
        """What ≈ means, once for the page: beneath its last section of figures."""
        if any(figure.is_estimate for figure in self.board.kpis.values()):
            return Text(" " * INDENT + word("estimate", self.lang), "yellow")
        return None

    def title(self, name: str) -> Text:
        return Text(word(name, self.lang).upper(), "bold cyan")

    def facts(self, codes: Sequence[str]) -> Table:
        """Labels and values, side by side, read downwards."""
        gap = 2 + max(self.width - 80, 0) // 8
        each = (self.width - INDENT - gap) // 2
        table = _grid()
        for last in (False, True):
            table.add_column(width=each - 12, no_wrap=True)
            table.add_column(width=12, justify="right", no_wrap=True)
            table.add_column(width=0 if last else gap)
        down = (len(codes) + 1) // 2
        for row in range(down):
            cells: list[RenderableType] = []
            for code in codes[row::down]:
                cells += [self.label(code), self.value(code), ""]
            table.add_row("", *cells)
        return table

    def response(self) -> Table:
        cells = self.width - INDENT - _LABEL - 9 - 16
        table = _grid()
        for width in (_LABEL, cells, 9):
            table.add_column(width=width, no_wrap=True, justify="right" if width == 9 else "left")
        table.add_column(width=16, no_wrap=True)
        for code in (code for code, kpi in self.catalog.items() if kpi.section == "response"):
            if told := self.board.kpis.get(code):
                badge = Text()
                if told.badge:
                    badge = Text("  " + word(told.badge, self.lang), _BADGES.get(told.badge, ""))
                drawn = bar(_share(told), cells) if told.value is not None else Text()
                table.add_row("", self.label(code), drawn, self.value(code), badge)
        return table

    def funnel(self) -> RenderableType | None:
        """Leads that reached each stage, of all and of the stage before."""
        if not self.board.funnel:
            return None
        rows = [
            (
                word(stage["stage"], self.lang),
                stage["lead_count"],
                stage["percentage"],
                _step(stage["step_percentage"], self.lang),
            )
            for stage in self.board.funnel
        ]
        return self.counted(rows, track=False, tail=22)

    def genders(self) -> Table:
        rows = [
            (self.plain(count), self.of(count), self.of(share), "") for count, share in _GENDERS
        ]
        return self.counted(rows)

    def statuses(self) -> Table:
        total = self.of("total_leads") or 0
        rows = []
        for code in _DRAWN["pipeline"]:
            count = self.of(code)
            share = 100 * count / total if total and count is not None else None
            rows.append((self.plain(code), count, share, ""))
        return self.counted(rows)

    def counted(
        self, rows: Sequence[tuple[str, Any, Any, str]], *, track: bool = True, tail: int = 0
    ) -> Table:
        """Lines of a name, a count, a bar for its share, the share, and a remark."""
        cells = self.width - INDENT - 18 - 8 - 2 - 9 - tail
        table = _grid()
        table.add_column(width=18, no_wrap=True)
        table.add_column(width=8, justify="right", no_wrap=True)
        table.add_column(width=2)
        table.add_column(width=cells, no_wrap=True)
        table.add_column(width=9, justify="right", no_wrap=True)
        table.add_column(width=tail, no_wrap=True)
        for name, count, share, remark in rows:
            told = figure(count, "count", self.lang)
            share_told = figure(share, "percent", self.lang)
            drawn = bar(share, cells, track=track) if share is not None else Text()
            table.add_row("", name, told, "", drawn, share_told, Text(remark, "bright_black"))
        return table

    def tops(self) -> Table:
        """Sources and professions side by side."""
        each = (self.width - INDENT) // 2
        table = _grid()
        table.add_column(width=each)
        table.add_column(width=each)
        sources = [(word(r["source_name"], self.lang), r) for r in self.board.top_sources]
        professions = [(r["profession"], r) for r in self.board.top_professions]
        table.add_row(
            "", self.top("sources", sources, each), self.top("professions", professions, each)
        )
        return table

    def top(self, name: str, rows: Sequence[tuple[str, Any]], width: int) -> RenderableType:
        table = Table.grid()
        table.add_column(width=18, no_wrap=True)
        table.add_column(width=width - 18 - 10 - 2, no_wrap=True)
        table.add_column(width=9, justify="right", no_wrap=True)
        most = max((row["percentage"] for _, row in rows), default=0)
        for label, row in rows:
            drawn = bar(100 * row["percentage"] / most, width - 18 - 10 - 2, track=False)
            table.add_row(Text(clean(label)), drawn, percent(row["percentage"], self.lang))
        heading = Text(word(name, self.lang), "underline")
        return Group(heading, table if rows else Text(word("nothing", self.lang), "bright_black"))

    def why_lost(self) -> RenderableType | None:
        if not self.board.loss_reasons:
            return None
        told = " · ".join(
            f"{clean(word(row['loss_reason'], self.lang))} {row['lead_count']}"
            for row in self.board.loss_reasons
        )
        return Text(f"{' ' * INDENT}{word('why_lost', self.lang)}: {told}", "bright_black")

    def followups(self) -> Iterable[RenderableType]:
        line = Text(" " * INDENT)
        for priority, style in _PRIORITIES.items():
            if len(line) > INDENT:
                line.append(" · ")
            count = number(self.board.followups.get(priority, 0), self.lang)
            line.append(f"{word(priority, self.lang)} ").append(count, f"bold {style}")
        yield self.title("followups")
        yield line
        yield Text()

    def label(self, code: str) -> Text:
        return Text(self.plain(code))

    def plain(self, code: str) -> str:
        return self.catalog[code].label(self.lang)

    def of(self, code: str) -> Any:
        told = self.board.kpis.get(code)
        return told.value if told else None

    def value(self, code: str) -> Text:
        told = self.board.kpis[code]
        text = figure(told.value, told.unit, self.lang, currency=self.board.currency)
        if told.is_estimate:
            return Text(f"≈ {text}", "yellow")
        return Text(text, "bright_black" if told.value is None else "bold")


def _grid() -> Table:
    table = Table.grid()
    table.add_column(width=INDENT)
    return table


def _share(told: Figure) -> float:
    return float(told.value or 0)


def _step(share: float | None, lang: str) -> str:
    if share is None:
        return ""
    return f"  {percent(share, lang)} {word('of_previous', lang)}"
