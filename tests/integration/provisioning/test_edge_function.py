"""`create-coach` for real: called through the gateway of the platform."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import httpx
import pytest

from tests.support.api import Api, somebody
from tests.support.journeys import follow

pytestmark = pytest.mark.slow

PASSWORD = "correct horse 7"


def call(api: Api, body: object, **headers: str) -> httpx.Response:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.post(f"{api.url}/functions/v1/create-coach", json=body, headers=names, timeout=60)


def coach(**changes: object) -> dict[str, object]:
    return {"email": somebody(), "name": "Ana", "specialty": "Yoga", **changes}


def token(api: Api, **app_metadata: object) -> str:
    """A signed-in user's."""
    email = somebody()
    api.admin().auth.admin.create_user(
        {"email": email, "password": PASSWORD, "email_confirm": True, "app_metadata": app_metadata}
    )
    session = api.visitor().auth.sign_in_with_password(
        {"email": email, "password": PASSWORD}
    ).session  # fmt: skip
    assert session
    return session.access_token


def there(api: Api, email: object) -> tuple[int, ...]:
    """Users and tenants of this e-mail."""
    with api.db() as db:
        found = db.execute(
            "select (select count(*) from auth.users where email = %(e)s),"
            " (select count(*) from public.coachs where email = %(e)s)",
            {"e": email},
        ).fetchone()
    assert found is not None
    return tuple(found)


def test_the_secret_key_makes_a_coach(api: Api) -> None:
    asked = coach(timezone="america/new_york")
    made = call(api, asked, apikey=api.secret_key)
    assert made.status_code == 201, made.text
    body: dict[str, Any] = made.json()
    assert set(body) == {"coach_id", "magic_link"}
    with api.db() as db:
        assert db.execute(
            "select c.id, c.timezone, m.role from public.coachs as c inner join public.memberships"
            " as m on m.coach_id = c.id and m.user_id = c.id where c.email = %s",
            [asked["email"]],
        ).fetchall() == [(UUID(body["coach_id"]), "America/New_York", "owner")]
    assert follow(body["magic_link"])["type"] == "recovery"


def test_a_platform_admin_makes_a_coach(api: Api) -> None:
    admin = token(api, role="admin")
    made = call(api, coach(), apikey=api.publishable_key, authorization=f"Bearer {admin}")
    assert made.status_code == 201, made.text


def test_an_admin_who_was_demoted_makes_none(api: Api) -> None:
    bearer = token(api, role="admin")
    with api.db() as db:
        db.execute(
            "update auth.users set raw_app_meta_data = raw_app_meta_data - 'role'"
            " where raw_app_meta_data ->> 'role' = 'admin'"
        )
    assert call(api, coach(), authorization=f"Bearer {bearer}").status_code == 403


def test_who_may_not(api: Api) -> None:
    asked = coach()
    bearer = token(api)
    for headers, status in (
        ({}, 401),
        ({"apikey": api.publishable_key}, 401),
        ({"apikey": api.secret_key + "x"}, 401),
        ({"apikey": api.secret_key, "authorization": "Bearer forged"}, 401),
        ({"apikey": api.secret_key, "authorization": f"Bearer {bearer}"}, 403),
    ):
        assert call(api, asked, **headers).status_code == status, headers
    assert there(api, asked["email"]) == (0, 0)


def test_a_known_e_mail_and_fields_that_are_off(api: Api) -> None:
    asked = coach()
    assert call(api, asked, apikey=api.secret_key).status_code == 201
    again = call(api, asked, apikey=api.secret_key)
    assert (again.status_code, again.json()["error"]) == (409, "email_exists")
    assert there(api, asked["email"]) == (1, 1)
    off = call(api, {"email": "x", "timezone": "Mars", "role": "admin"}, apikey=api.secret_key)
    assert off.status_code == 422
    assert off.json()["fields"] == {
        "email": "is no e-mail address",
        "name": "is missing",
        "specialty": "is missing",
        "timezone": "is no time zone, such as Europe/Paris",
        "role": "is not expected",
    }
    for email in ("a@b", "a@x."):  # which the auth service alone refuses
        refused = call(api, {**coach(), "email": email}, apikey=api.secret_key)
        assert refused.status_code == 422
        assert refused.json()["fields"] == {"email": "is no e-mail address"}


def test_a_tenant_that_has_the_e_mail(api: Api) -> None:
    """Only the database knows: its answer comes through the auth service."""
    asked = coach()
    with api.db() as db:
        db.execute("insert into public.coachs (name, email) values ('x', %s)", [asked["email"]])
    assert call(api, asked, apikey=api.secret_key).status_code == 409
    assert there(api, asked["email"]) == (0, 1)


@pytest.mark.parametrize("column", ["recovery_token", "raw_app_meta_data"])
def test_a_failing_step_leaves_neither(api: Api, column: str) -> None:
    asked = coach()
    with api.db() as db:
        db.execute(
            "create or replace function public.refuse() returns trigger language plpgsql as"
            " 'begin raise exception ''not today''; end'"
        )
        db.execute("grant execute on function public.refuse() to supabase_auth_admin")
        db.execute(
            f"create trigger refuse before update of {column} on auth.users for each row"
            f" when (new.email = '{asked['email']}') execute function public.refuse()".encode()
        )
    try:
        failed = call(api, asked, apikey=api.secret_key)
    finally:
        with api.db() as db:
            db.execute("drop function public.refuse() cascade")
    assert failed.status_code == 502, failed.text
    wanted = "link_failed" if column == "recovery_token" else "create_failed"
    assert failed.json()["error"] == wanted
    assert there(api, asked["email"]) == (0, 0)


def test_no_log_holds_a_link_or_a_key(api: Api) -> None:
    made = call(api, coach(), apikey=api.secret_key)
    secret = made.json()["magic_link"].partition("token=")[2].partition("&")[0]
    assert len(secret) > 20
    written = "".join(path.read_text("utf-8", "replace") for path in api.home.folder.rglob("*.log"))
    assert written
    for hidden in (secret, api.secret_key, PASSWORD):
        assert hidden not in written
