"""Many coaches from a file, as spreadsheets write it."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest

from setterbase.errors import UsageError
from setterbase.provisioning.create import Draft
from setterbase.provisioning.roster import read

HEAD = "email,name,specialty"


def written(folder: Path, text: str | bytes) -> Path:
    path = folder / "coaches.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_as_spreadsheets_write_it(
    tmp_path: Path, separator: str, newline: str, mark: bytes
) -> None:
    lines = [
        "Name|E-Mail".replace("E-Mail", "EMAIL") + "|specialty|timezone",
        "Zoé Faure| Zoe@X.fr |Yoga|",
        "|||",
        '"Ana ""A"" Roy"|ana@x.fr|"Sport\nCollectif"|UTC',
        "Bo|bo@x.fr|Trail|UTC",
    ]
    text = newline.join(lines).replace("|", separator)
    assert read(written(tmp_path, mark + text.encode())) == [
        Draft("zoe@x.fr", "Zoé Faure", "Yoga", line=2),
        Draft("ana@x.fr", 'Ana "A" Roy', "Sport\nCollectif", "UTC", line=5),
        Draft("bo@x.fr", "Bo", "Trail", "UTC", line=6),
    ]


def test_ids_and_redirects(tmp_path: Path) -> None:
    user = UUID(int=7)
    path = written(tmp_path, f"{HEAD},id,redirect_to\na@x.fr,A,Yoga,{user},https://x.fr/in\n")
    assert read(path) == [Draft("a@x.fr", "A", "Yoga", None, user, "https://x.fr/in", 2)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "'email' is missing, 'name' is missing, 'specialty' is missing"),
        ("email,name\n", "'specialty' is missing"),
        (f"{HEAD},time_zone\n", "'time_zone' is not known"),
        (f"{HEAD},name\n", "'name' stands twice"),
        (f"{HEAD}\na@x.fr,A\n", "line 2: 2 fields where the header names 3"),
        (f"{HEAD}\na@x.fr,A,Yoga\nb@x.fr,B,Sport,Trail\n", "line 3: 4 fields"),
        (f"{HEAD},id\na@x.fr,A,Yoga,7\n", "line 2: id '7' is no uuid"),
        (f'{HEAD}\na@x.fr,"A"B,Yoga\n', "line 2: "),
        (f"{HEAD}\na@x.fr,Zo\xe9,Yoga\n".encode("latin-1"), "is no UTF-8 text"),
    ],
)
def test_a_file_that_is_off_makes_nobody(tmp_path: Path, text: str | bytes, words: str) -> None:
    with pytest.raises(UsageError) as told:
        read(written(tmp_path, text))
    assert words in told.value.message


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"cannot read .*No such file"):
        read(tmp_path / "nobody.csv")
