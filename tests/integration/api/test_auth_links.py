"""Links of mails and of admins: good once, for an hour, and leading to the site alone."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs, urlsplit

import httpx
import psycopg
import pytest

from tests.support.api import Api, somebody
from tests.support.auth_calls import as_user, mailed, signed_up

pytestmark = pytest.mark.slow


def test_a_mail_with_a_code_and_a_link(api: Api, public: httpx.Client) -> None:
    email = somebody()
    signed_up(public, email)
    for address in (email, somebody()):  # the answer does not tell who is known
        assert public.post("/recover", json={"email": address}).json() == {}
    (text,) = mailed(api, email)
    code = re.search(r"code: (\d{6})", text)
    link = re.search(r"link: (\S+)", text)
    assert code
    assert link
    assert link[1].startswith(f"{api.url}/auth/v1/verify?")

    wrong = {"type": "recovery", "email": email, "token": "000000"}
    assert public.post("/verify", json=wrong).json()["error_code"] == "otp_expired"
    right = {"type": "recovery", "email": email, "token": code[1]}
    assert public.post("/verify", json=right).json()["user"]["email"] == email
    used = httpx.get(link[1])  # by a browser, without a key
    assert used.status_code == 303
    told = parse_qs(urlsplit(used.headers["location"]).fragment)
    assert told["error_code"] == ["otp_expired"]


def test_a_link_leads_to_the_site_and_to_no_other(
    admin: httpx.Client, public: httpx.Client
) -> None:
    email = somebody()
    signed_up(public, email)
    for asked, led in (
        ("http://127.0.0.1:3000/welcome", "http://127.0.0.1:3000/welcome"),
        ("https://evil.example/", "http://127.0.0.1:3000"),
        ("javascript:alert(1)", "http://127.0.0.1:3000"),
    ):
        given = {"type": "magiclink", "email": email, "redirect_to": asked}
        link = admin.post("/admin/generate_link", json=given).json()
        assert link["redirect_to"] == led
        answer = httpx.get(link["action_link"])
        assert answer.status_code == 303
        address, _, fragment = answer.headers["location"].partition("#")
        assert address == led
        told = parse_qs(fragment)
        assert told["type"] == ["magiclink"]
        token = {"Authorization": f"Bearer {told['access_token'][0]}"}
        assert public.get("/user", headers=token).json()["email"] == email
        forged = link["action_link"].replace("127.0.0.1%3A3000", "evil.example")
        assert "evil" not in httpx.get(forged).headers["location"]


def test_a_token_is_good_for_an_hour(api: Api, admin: httpx.Client, public: httpx.Client) -> None:
    email = somebody()
    signed_up(public, email)
    link = admin.post("/admin/generate_link", json={"type": "recovery", "email": email}).json()
    with psycopg.connect(api.home.url("supabase_auth_admin")) as connection:
        connection.execute(
            "update users set recovery_sent_at = now() - interval '61 min' where email = %s",
            [email],
        )
    given = {"type": "recovery", "token_hash": link["hashed_token"]}
    assert public.post("/verify", json=given).json()["error_code"] == "otp_expired"


def test_the_link_of_a_pkce_flow_gives_a_code(api: Api, public: httpx.Client) -> None:
    email, verifier = somebody(), secrets.token_urlsafe(48)
    signed_up(public, email)
    digest = hashlib.sha256(verifier.encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    asked = {"email": email, "code_challenge": challenge, "code_challenge_method": "s256"}
    public.post("/recover", json=asked).raise_for_status()
    link = re.search(r"link: (\S+)", mailed(api, email)[-1])
    assert link
    assert "token=pkce_" in link[1]
    location = httpx.get(link[1]).headers["location"]
    assert "access_token" not in location
    code = parse_qs(urlsplit(location).query)["code"][0]
    url = "/token?grant_type=pkce"
    wrong = public.post(url, json={"auth_code": code, "code_verifier": "x" * 43})
    assert wrong.json()["error_code"] == "bad_code_verifier"
    given = {"auth_code": code, "code_verifier": verifier}
    assert public.post(url, json=given).json()["user"]["email"] == email
    assert public.post(url, json=given).json()["error_code"] == "flow_state_not_found"


def test_a_link_is_good_once_however_many_follow_it(
    admin: httpx.Client, public: httpx.Client
) -> None:
    email = somebody()
    signed_up(public, email)
    link = admin.post("/admin/generate_link", json={"type": "recovery", "email": email}).json()
    given = {"type": "recovery", "token_hash": link["hashed_token"]}
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: public.post("/verify", json=given).status_code, range(8)))
    assert sorted(answers) == [200] + [403] * 7


def test_a_new_password_makes_links_under_way_worthless(
    admin: httpx.Client, public: httpx.Client
) -> None:
    email = somebody()
    session = signed_up(public, email)
    link = admin.post("/admin/generate_link", json={"type": "recovery", "email": email}).json()
    changed = {"password": "secret-2"}
    public.put("/user", headers=as_user(session), json=changed).raise_for_status()
    given = {"type": "recovery", "token_hash": link["hashed_token"]}
    assert public.post("/verify", json=given).json()["error_code"] == "otp_expired"


@pytest.mark.parametrize(
    ("asked", "led"),
    [
        ("http://127.0.0.1:3000/café?a=€", "http://127.0.0.1:3000/caf%C3%A9?a=%E2%82%AC"),
        ("http://127.0.0.1:3000/\r\nSet-Cookie: a=b", "http://127.0.0.1:3000/Set-Cookie:%20a=b"),
        ("http://127.0.0.1:3000\\@evil.example/", "http://127.0.0.1:3000/@evil.example/"),
        ("http://127.0.0.1:3000@evil.example/", "http://127.0.0.1:3000"),
        ("http://127.0.0.1.evil.example/", "http://127.0.0.1:3000"),
        ("//evil.example/", "http://127.0.0.1:3000"),
        ("http://ana:secret@127.0.0.1:3000/", "http://127.0.0.1:3000"),
    ],
)
def test_an_address_that_is_written_oddly(
    api: Api, admin: httpx.Client, public: httpx.Client, asked: str, led: str
) -> None:
    """It leads where a browser would take it to; and what fails puts no session into the log."""
    email = somebody()
    signed_up(public, email)
    given = {"type": "magiclink", "email": email, "redirect_to": asked}
    link = admin.post("/admin/generate_link", json=given).json()
    assert link["redirect_to"] == led
    forged = httpx.URL(link["action_link"]).copy_set_param("redirect_to", asked)
    answer = httpx.get(forged)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith(f"{led}#access_token=")
    log = (api.home.folder / "logs/auth.log").read_text()
    assert "eyJ" not in log
    assert "bug at" not in log
