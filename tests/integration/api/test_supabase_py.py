"""The real supabase-py against the gateway: a person's way in, and an admin's."""

from __future__ import annotations

from typing import Any

import pytest
from postgrest import APIError
from supabase import AuthApiError

from tests.support.api import Api, somebody

pytestmark = pytest.mark.slow


def code_of(refused: pytest.ExceptionInfo[AuthApiError]) -> str | None:
    """The code of a refusal; the client's own type lists fewer than the service has."""
    return refused.value.code


def test_signing_up_in_and_out(api: Api) -> None:
    email, client = somebody(), api.visitor()
    made = client.auth.sign_up(
        {"email": email.upper(), "password": "secret-1", "options": {"data": {"first": "Ana"}}}
    )
    assert made.user
    assert made.session
    assert made.user.email == email
    assert made.user.user_metadata["first"] == "Ana"
    assert made.user.email_confirmed_at

    again = api.visitor()
    with pytest.raises(AuthApiError, match="User already registered"):
        again.auth.sign_up({"email": email, "password": "secret-1"})
    with pytest.raises(AuthApiError) as refused:
        again.auth.sign_in_with_password({"email": email, "password": "secret-2"})
    assert code_of(refused) == "invalid_credentials"

    session = again.auth.sign_in_with_password({"email": email, "password": "secret-1"}).session
    assert session
    claims = again.auth.get_claims()
    assert claims
    told: dict[str, Any] = dict(claims["claims"])
    assert told["sub"] == made.user.id
    assert told["role"] == told["aud"] == "authenticated"
    assert told["app_metadata"] == {"provider": "email", "providers": ["email"]}

    again.auth.sign_out()
    with pytest.raises(AuthApiError) as ended:
        api.visitor().auth.refresh_session(session.refresh_token)
    assert code_of(ended) == "refresh_token_not_found"


def test_a_refresh_token_is_good_once(api: Api) -> None:
    client = api.visitor()
    first = client.auth.sign_up({"email": somebody(), "password": "secret-1"}).session
    assert first
    second = client.auth.refresh_session().session
    assert second
    assert second.refresh_token != first.refresh_token
    # Two tabs at once: within ten seconds the old one gives what the new one is.
    tab = api.visitor().auth.refresh_session(first.refresh_token).session
    assert tab
    assert tab.refresh_token == second.refresh_token


def test_a_forgotten_password(api: Api) -> None:
    email = somebody()
    api.visitor().auth.sign_up({"email": email, "password": "secret-1"})
    link = api.admin().auth.admin.generate_link({"type": "recovery", "email": email})
    client = api.visitor()
    client.auth.verify_otp({"type": "recovery", "token_hash": link.properties.hashed_token})
    client.auth.update_user({"password": "secret-2"})
    with pytest.raises(AuthApiError) as used:
        api.visitor().auth.verify_otp(
            {"type": "recovery", "token_hash": link.properties.hashed_token}
        )
    assert code_of(used) == "otp_expired"
    with pytest.raises(AuthApiError):
        api.visitor().auth.sign_in_with_password({"email": email, "password": "secret-1"})
    changed = api.visitor().auth.sign_in_with_password({"email": email, "password": "secret-2"})
    assert changed.session


def test_an_admin_makes_changes_and_removes_a_user(api: Api) -> None:
    users, email = api.admin().auth.admin, somebody()
    made = users.create_user(
        {
            "email": email,
            "password": "secret-1",
            "email_confirm": True,
            "app_metadata": {"role": "admin"},
            "user_metadata": {"first": "Ana"},
        }
    ).user
    assert made.app_metadata == {"provider": "email", "providers": ["email"], "role": "admin"}
    assert made.user_metadata == {"first": "Ana", "email_verified": True}
    with pytest.raises(AuthApiError) as twice:
        users.create_user({"email": email.upper()})
    assert (twice.value.code, twice.value.status) == ("email_exists", 422)

    users.update_user_by_id(made.id, {"app_metadata": {"role": None, "plan": "pro"}})
    assert users.get_user_by_id(made.id).user.app_metadata["plan"] == "pro"
    assert "role" not in users.get_user_by_id(made.id).user.app_metadata
    assert made.id in [user.id for user in users.list_users(page=1, per_page=1000)]

    session = api.visitor().auth.sign_in_with_password({"email": email, "password": "secret-1"})
    assert session.session
    users.update_user_by_id(made.id, {"ban_duration": "24h"})
    with pytest.raises(AuthApiError) as banned:
        api.visitor().auth.sign_in_with_password({"email": email, "password": "secret-1"})
    assert code_of(banned) == "user_banned"
    with pytest.raises(AuthApiError) as banned:
        api.visitor().auth.refresh_session(session.session.refresh_token)
    assert code_of(banned) == "user_banned"
    users.update_user_by_id(made.id, {"ban_duration": "none"})
    api.visitor().auth.sign_in_with_password({"email": email, "password": "secret-1"})

    users.delete_user(made.id)
    with pytest.raises(AuthApiError) as gone:
        users.get_user_by_id(made.id)
    assert (gone.value.code, gone.value.status) == ("user_not_found", 404)


def test_nobody_else_is_an_admin(api: Api) -> None:
    client = api.visitor()
    with pytest.raises(AuthApiError) as refused:
        client.auth.admin.list_users()
    assert (refused.value.code, refused.value.status) == ("not_admin", 403)
    client.auth.sign_up({"email": somebody(), "password": "secret-1"})
    with pytest.raises(AuthApiError) as still:
        client.auth.admin.create_user({"email": somebody()})
    assert code_of(still) == "not_admin"


def test_a_person_reads_through_rest_as_themselves(api: Api) -> None:
    client = api.visitor()
    with pytest.raises(APIError) as refused:
        client.table("coachs").select("id").execute()
    assert refused.value.code == "42501"
    made = client.auth.sign_up({"email": somebody(), "password": "secret-1"})
    assert made.user
    assert client.rpc("get_dashboard").execute().data is None  # signed in, and of no tenant
    with api.db() as connection:
        connection.execute(
            "insert into public.coachs (id, name, email) values (%s, 'Ana', %s)",
            [made.user.id, made.user.email],
        )
        connection.execute(
            "insert into public.memberships (coach_id, user_id, role) values (%s, %s, 'owner')"
            " on conflict do nothing",
            [made.user.id, made.user.id],
        )
    assert client.table("coachs").select("id").execute().data == [{"id": made.user.id}]
