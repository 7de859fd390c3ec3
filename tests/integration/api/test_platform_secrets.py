"""Keys, passwords, tokens and links: for their owner alone, in no log and no argument list."""

from __future__ import annotations

import re
import subprocess

import httpx
import pytest

from tests.support.api import names_of
from tests.support.homes import Homes

pytestmark = pytest.mark.slow


def test_secrets_are_for_their_owner_alone(homes: Homes) -> None:
    home = homes()
    command = home.start("up")
    seen = []
    while command.poll() is None:
        listing = subprocess.run(["ps", "-axww", "-o", "args="], capture_output=True, text=True)
        seen.append(listing.stdout)
    command.communicate()
    names = names_of(home)
    url, email = f"{names['API_URL']}/auth/v1", "ana@exemple.fr"
    headers = {"apikey": names["SECRET_KEY"]}
    made = {"email": email, "password": "a-secret-password", "email_confirm": True}
    httpx.post(f"{url}/admin/users", headers=headers, json=made).raise_for_status()
    given = {"email": email, "password": "a-secret-password"}
    session = httpx.post(f"{url}/token?grant_type=password", headers=headers, json=given).json()
    httpx.post(f"{url}/recover?apikey={names['SECRET_KEY']}", json=given).raise_for_status()
    mail = next((home.folder / "mail").glob("*.eml"))
    link = re.search(r"token=(\w+)", mail.read_text())
    assert link
    seen.append(
        subprocess.run(["ps", "-axww", "-o", "args="], capture_output=True, text=True).stdout
    )

    secrets = [value for name, value in names.items() if name.endswith(("KEY", "SECRET"))]
    secrets += re.findall(r":(\w+)@", names["DB_URL"])
    secrets += [session["access_token"], session["refresh_token"], link[1], "a-secret-password"]
    written = seen + [file.read_text() for file in (home.folder / "logs").iterdir()]
    written.append((home.folder / "cluster/postgres.log").read_text())
    written.append((home.folder / "api.json").read_text())
    for secret in secrets:
        assert not any(secret in text for text in written)
    for name in ("keys.json", "platform.json", mail.relative_to(home.folder)):
        assert (home.folder / name).stat().st_mode & 0o777 == 0o600
    for name in ("run", "mail", "logs"):
        assert (home.folder / name).stat().st_mode & 0o777 == 0o700


def test_keys_that_are_damaged_are_not_replaced(homes: Homes) -> None:
    home = homes()
    home.run("up")
    names = names_of(home)
    home.run("down")
    keys = home.folder / "keys.json"
    text = keys.read_text()
    keys.write_text("{")
    assert "keys.json is damaged" in home.run("up", code=5).stderr
    keys.write_text(text)
    home.run("up")
    assert names_of(home) == names
