"""The pytest plugin: witnesses beside the failure, where they can be copied as they are.

In the text of a failure pytest puts an `E` before every line, which psql would not take.
Every run of pytest in an environment that has Setterbase loads this: it may import nothing heavy.
"""

from __future__ import annotations

from collections.abc import Generator

import pytest

from setterbase.testing.isolation import NotIsolatedError


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    call: pytest.CallInfo[None],
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    error = call.excinfo.value if call.excinfo is not None else None
    if isinstance(error, NotIsolatedError):
        error.apart = True
    report = yield
    if isinstance(error, NotIsolatedError):
        for what, script in error.scripts.items():
            report.sections.append((f"paste into psql: {what}", script))
    return report
