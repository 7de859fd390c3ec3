"""The report as JUnit XML: one case for each object, command and identity."""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

from setterbase.prover.verdict import Kind, Report, Verdict

_XML_NO = dict.fromkeys(i for i in range(32) if i not in (9, 10, 13))


def render(report: Report) -> str:
    counts = report.counts()
    head = (
        f'<testsuite name="isolation" tests="{len(report.verdicts)}" '
        f'failures="{counts[Kind.LEAK]}" errors="{counts[Kind.UNPROVEN]}" '
        f'skipped="{counts[Kind.UNREACHABLE]}" time="{report.seconds:.2f}">'
    )
    cases = "\n".join(_case(v) for v in report.verdicts)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{head}\n{cases}\n</testsuite>'


def _case(verdict: Verdict) -> str:
    name = quoteattr(f"{verdict.command} as {verdict.identity}")
    start = f"  <testcase classname={quoteattr(verdict.object)} name={name}"
    message = quoteattr(f"{verdict.verdict}: {verdict.reason}".translate(_XML_NO))
    if verdict.verdict is Kind.LEAK:
        witness = verdict.witness
        told = f"{witness.row}\n\n{witness.sql}" if witness else verdict.reason
        return (
            f"{start}>\n    <failure message={message}>"
            f"{escape(told.translate(_XML_NO))}</failure>\n  </testcase>"
        )
    if verdict.verdict is Kind.UNPROVEN:
        return f"{start}>\n    <error message={message}/>\n  </testcase>"
    if verdict.verdict is Kind.UNREACHABLE:
        return f"{start}>\n    <skipped message={message}/>\n  </testcase>"
    if verdict.verdict is Kind.ORACLE:
        told = escape(f"{verdict.verdict}: {verdict.reason}".translate(_XML_NO))
        return f"{start}>\n    <system-out>{told}</system-out>\n  </testcase>"
    return f"{start}/>"
