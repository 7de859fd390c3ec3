"""The calls of the admin API over a test's own database, so that any of them can be made to fail.

It runs the auth service's statements as the auth service's role; triggers and their errors are the
real ones. The real service is tested where the whole platform is up.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import psycopg
from psycopg.rows import dict_row

from setterbase.target import Api
from tests.support.acting import acting_as
from tests.support.servers import Database

SECRET = "sb_secret_of_the_test"
SITE = "https://app.exemple.fr/"

Call = Literal["create", "get", "delete", "link", "tenants", "owners"]
Failure = Literal["refuse", "lose"]
"""`refuse`: 500, and nothing was done. `lose`: it was done, and no answer comes."""

Answer = tuple[int, Any]


@dataclass
class AuthApi:
    """A server for one database; `failures` says which call fails, how, and how often."""

    database: Database
    failures: dict[Call, list[Failure]] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    url: str = ""

    @property
    def api(self) -> Api:
        """As the commands find it."""
        return Api(self.url, SECRET)

    @property
    def environment(self) -> dict[str, Any]:
        """What points a command here."""
        return {"SUPABASE_URL": self.url, "SUPABASE_SECRET_KEY": SECRET}

    def answer(self, method: str, target: str, body: dict[str, Any]) -> Answer | None:
        """What the project answers; None when the answer is lost."""
        path, query = urlsplit(target).path, parse_qs(urlsplit(target).query)
        call = _call_of(method, path)
        self.calls.append(call)
        planned = self.failures.get(call)
        failure = planned.pop(0) if planned else None
        if failure == "refuse":
            return 500, {"code": 500, "error_code": "unexpected_failure", "msg": "Database error"}
        answer = self._do(call, path, query, body)
        return None if failure == "lose" else answer

    def _do(self, call: Call, path: str, query: dict[str, list[str]], body: Any) -> Answer:
        if call in ("tenants", "owners"):
            return self._rest(call, query)
        try:
            with self.database.connect("supabase_auth_admin") as auth:
                match call:
                    case "create":
                        return _create(auth, body)
                    case "link":
                        return _link(auth, body, query)
                    case _:
                        return _user(auth, path.rpartition("/")[2], delete=call == "delete")
        except psycopg.Error as error:
            code = error.sqlstate or ""
            status = int(code[2:]) if re.fullmatch(r"PT\d{3}", code) else 500
            return status, {"code": code, "message": error.diag.message_primary}

    def _rest(self, call: Call, query: dict[str, list[str]]) -> Answer:
        with self.database.connect() as db, acting_as(db, "service_role"):
            cursor = db.cursor(row_factory=dict_row)
            if call == "owners":
                found = cursor.execute(
                    "select user_id::text from public.memberships"
                    " where coach_id::text = %s and role = 'owner'",
                    [query["coach_id"][0].removeprefix("eq.")],
                ).fetchall()
                return 200, found
            found = cursor.execute(
                "select id::text, name, specialty, email, timezone, status from public.coachs"
                " where id::text = coalesce(%s, id::text) and email = coalesce(%s, email)",
                [
                    query.get(name, ["eq."])[0].removeprefix("eq.") or None
                    for name in ("id", "email")
                ],
            ).fetchall()
        return 200, found


def _call_of(method: str, path: str) -> Call:
    if path == "/rest/v1/coachs":
        return "tenants"
    if path == "/rest/v1/memberships":
        return "owners"
    if path == "/auth/v1/admin/generate_link":
        return "link"
    by_method: dict[str, Call] = {"POST": "create", "GET": "get", "DELETE": "delete"}
    return by_method[method]


def _create(auth: psycopg.Connection[Any], body: dict[str, Any]) -> Answer:
    email = body["email"].lower()
    if auth.execute("select id from auth.users where email = %s", [email]).fetchone():
        said = "A user with this email address has already been registered"
        return 422, {"code": 422, "error_code": "email_exists", "msg": said}
    user = body.get("id") or str(uuid4())
    auth.execute(
        "insert into auth.users (id, email, raw_app_meta_data) values (%s, %s, %s)",
        [user, email, json.dumps({"provider": "email"})],
    )
    auth.execute(
        "update auth.users set raw_app_meta_data = raw_app_meta_data || %s where id = %s",
        [json.dumps(body["app_metadata"]), user],
    )
    return 200, {"id": user, "email": email}


def _link(auth: psycopg.Connection[Any], body: dict[str, Any], query: dict[str, Any]) -> Answer:
    found = auth.execute(
        "update auth.users set recovery_token = %s where email = %s returning recovery_token",
        [uuid4().hex, body["email"]],
    ).fetchone()
    if found is None:
        return 404, {"code": 404, "error_code": "user_not_found", "msg": "User not found"}
    asked = query.get("redirect_to", [SITE])[0]
    leads = asked if asked.startswith(SITE) else SITE
    link = f"https://project.exemple.fr/auth/v1/verify?token={found[0]}&type=recovery"
    return 200, {"action_link": link, "redirect_to": leads}


def _user(auth: psycopg.Connection[Any], user: str, *, delete: bool) -> Answer:
    verb = (
        "delete from auth.users as u where" if delete else "select u.id from auth.users as u where"
    )
    end = " returning u.id" if delete else ""
    found = auth.execute(f"{verb} u.id = %s{end}".encode(), [user]).fetchone()
    if found is None:
        return 404, {"code": 404, "error_code": "user_not_found", "msg": "User not found"}
    return 200, {} if delete else {"id": user}


@contextmanager
def serve(database: Database) -> Iterator[AuthApi]:
    """The admin API of this database, on a port of the loopback address."""
    project = AuthApi(database)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length) or b"{}")
            if self.headers.get("apikey") != SECRET:
                answer: Answer | None = (401, {"message": "Invalid API key"})
            else:
                answer = project.answer(self.command, self.path, body)
            if answer is None:
                self.close_connection = True
                return
            status, said = answer
            text = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = do_DELETE = _serve  # noqa: N815 -- names that http.server asks for

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    project.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield project
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
