"""What the secret key does with users: in one transaction, seen by triggers, listed, deleted."""

from __future__ import annotations

import httpx
import pytest

from tests.support.api import Api, somebody
from tests.support.auth_calls import RFC_3339, as_user, signed_up

pytestmark = pytest.mark.slow


def test_the_admins_call_is_one_transaction(api: Api, admin: httpx.Client) -> None:
    """As hosted: an insert, then an update of the metadata; who raises at either undoes both."""
    made = """
        create function public.{name}() returns trigger language plpgsql as
        $$ begin raise exception 'no'; end $$;
        grant execute on function public.{name}() to supabase_auth_admin;
        create trigger {name} after {event} on auth.users for each row
        when ({condition}) execute function public.{name}();
    """
    email = somebody()
    for name, event, condition in (
        ("at_insert", "insert", f"new.email = '{email}'"),
        ("at_update", "update of raw_app_meta_data", "new.raw_app_meta_data ? 'refuse_me'"),
    ):
        with api.db() as connection:
            connection.execute(made.format(name=name, event=event, condition=condition).encode())
        try:
            given = {"email": email, "app_metadata": {"refuse_me": True}}
            answer = admin.post("/admin/users", json=given)
            assert answer.status_code == 500, answer.text
            with api.db() as connection:
                found = connection.execute("select from auth.users where email = %s", [email])
                assert found.fetchall() == []
                known = connection.execute("select from auth.identities where email = %s", [email])
                assert known.fetchall() == []
        finally:
            with api.db() as connection:
                connection.execute(f"drop function public.{name}() cascade".encode())
    assert admin.post("/admin/users", json=given).status_code == 200


def test_triggers_see_metadata_as_json_and_the_right_user(api: Api, admin: httpx.Client) -> None:
    email = somebody()
    with api.db() as connection:
        connection.execute(
            """
            create table public.seen (op text, who text, role text, first text);
            grant insert on public.seen to supabase_auth_admin;
            create function public.see() returns trigger language plpgsql as $$ begin
              insert into public.seen values (tg_op, current_user,
                new.raw_app_meta_data ->> 'role', new.raw_user_meta_data ->> 'first');
              return null; end $$;
            grant execute on function public.see() to supabase_auth_admin;
            create trigger see after insert or update of raw_app_meta_data on auth.users
            for each row execute function public.see();
            """
        )
    given = {"email": email, "app_metadata": {"role": "x"}, "user_metadata": {"first": "Ana"}}
    try:
        admin.post("/admin/users", json=given).raise_for_status()
        with api.db() as connection:
            assert connection.execute("select * from public.seen").fetchall() == [
                ("INSERT", "supabase_auth_admin", None, "Ana"),
                ("UPDATE", "supabase_auth_admin", "x", "Ana"),
            ]
    finally:
        with api.db() as connection:
            connection.execute("drop function public.see() cascade; drop table public.seen")


def test_users_are_listed_by_page(admin: httpx.Client) -> None:
    mark = somebody().partition("@")[0]
    for number in range(5):
        admin.post("/admin/users", json={"email": f"{number}-{mark}@x.fr"}).raise_for_status()
    pages = [
        admin.get("/admin/users", params={"page": page, "per_page": 2, "filter": mark})
        for page in (1, 2, 3, 4)
    ]
    emails = [[user["email"][0] for user in page.json()["users"]] for page in pages]
    assert emails == [["4", "3"], ["2", "1"], ["0"], []]
    assert pages[0].headers["x-total-count"] == "5"
    assert "page=2" in pages[0].headers["link"]
    assert 'rel="next"' in pages[0].headers["link"]
    assert 'rel="next"' not in pages[2].headers["link"]
    assert admin.get("/admin/users?per_page=many").status_code == 400


def test_an_admin_chooses_the_id(admin: httpx.Client) -> None:
    chosen = "5e77e4ba-0000-4000-8000-00000000a0a0"
    admin.delete(f"/admin/users/{chosen}")
    made = admin.post("/admin/users", json={"id": chosen, "email": somebody()}).json()
    assert made["id"] == chosen
    assert admin.post("/admin/users", json={"id": "x", "email": somebody()}).status_code == 400
    assert admin.get("/admin/users/not-a-uuid").status_code == 400


def test_a_user_who_is_softly_deleted_is_nobody(admin: httpx.Client, public: httpx.Client) -> None:
    email = somebody()
    session = signed_up(public, email)
    url = f"/admin/users/{session['user']['id']}"
    admin.request("DELETE", url, json={"should_soft_delete": True}).raise_for_status()
    kept = admin.get(url).json()
    assert RFC_3339.fullmatch(kept["deleted_at"])
    assert email not in str(kept)
    given = {"email": email, "password": "secret-1"}
    assert public.post("/token?grant_type=password", json=given).status_code == 400
    assert public.get("/user", headers=as_user(session)).status_code == 403
    assert public.post("/signup", json=given).status_code == 200  # the address is free again


def test_a_wrong_ban_duration(admin: httpx.Client) -> None:
    for given in ("forever", "1d", "-1h", "24"):
        answer = admin.post("/admin/users", json={"email": somebody(), "ban_duration": given})
        assert (answer.status_code, answer.json()["error_code"]) == (400, "validation_failed")


def test_numbers_beyond_all_bounds(admin: httpx.Client) -> None:
    for query in ("page=1e300", "per_page=9007199254740992", "page=-1", "filter=%00"):
        answer = admin.get(f"/admin/users?{query}")
        assert (answer.status_code, answer.json()["error_code"]) == (400, "validation_failed")
    given = {"email": somebody(), "ban_duration": "99999999999999999h"}
    answer = admin.post("/admin/users", json=given)
    assert (answer.status_code, answer.json()["error_code"]) == (400, "validation_failed")
