"""Many coaches from a CSV file, as spreadsheets write them."""

from __future__ import annotations

import csv
from pathlib import Path
from uuid import UUID

from setterbase.errors import UsageError
from setterbase.provisioning.create import Draft

REQUIRED = ("email", "name", "specialty")
KNOWN = (*REQUIRED, "timezone", "id", "redirect_to")


def read(path: Path) -> list[Draft]:
    """The drafts of a file with a header; commas, semicolons or tabs between the fields.

    Raises UsageError for a file that cannot be read as such, with the line that is off. What single
    fields say is judged later, one line at a time.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}.", hint="Name a file.") from None
    except UnicodeDecodeError:
        raise UsageError(
            f"{path} is no UTF-8 text.", hint="Save it as «CSV UTF-8» in the spreadsheet."
        ) from None
    head = text.partition("\n")[0]
    separator = max(",;\t", key=head.count)
    rows = csv.reader(text.splitlines(keepends=True), delimiter=separator, strict=True)
    try:
        names = [name.strip().lower() for name in next(rows, [])]
        _check_header(path, names)
        return [draft for row in rows if (draft := _draft(path, rows.line_num, names, row))]
    except csv.Error as error:
        raise UsageError(
            f"{path}, line {rows.line_num}: {error}.", hint="Mend the quotes; nothing was made."
        ) from None


def _check_header(path: Path, names: list[str]) -> None:
    problems = [f"{name!r} is not known" for name in names if name not in KNOWN]
    problems += [f"{name!r} is missing" for name in REQUIRED if name not in names]
    problems += [f"{name!r} stands twice" for name in KNOWN if names.count(name) > 1]
    if problems:
        raise UsageError(
            f"the columns of {path} are off: {', '.join(problems)}.",
            hint=f"The first line names them: {','.join(REQUIRED)} and, if you like,"
            f" {','.join(KNOWN[len(REQUIRED) :])}.",
        )


def _draft(path: Path, line: int, names: list[str], row: list[str]) -> Draft | None:
    if not any(field.strip() for field in row):
        return None
    if len(row) != len(names):
        raise UsageError(
            f"{path}, line {line}: {len(row)} fields where the header names {len(names)}.",
            hint="Quote a field that holds a separator; nothing was made.",
        )
    fields = {name: value.strip() for name, value in zip(names, row, strict=True)}
    return Draft(
        email=fields["email"].lower(),
        name=fields["name"],
        specialty=fields["specialty"],
        timezone=fields.get("timezone") or None,
        id=_uuid(path, line, fields.get("id", "")),
        redirect_to=fields.get("redirect_to") or None,
        line=line,
    )


def _uuid(path: Path, line: int, text: str) -> UUID | None:
    if not text:
        return None
    try:
        return UUID(text)
    except ValueError:
        raise UsageError(
            f"{path}, line {line}: id {text!r} is no uuid.", hint="Nothing was made."
        ) from None
