"""The project's admin API: auth users and links, and tenants as the secret key sees them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID

from setterbase.errors import SetterbaseError, TargetError

if TYPE_CHECKING:
    import httpx

    from setterbase.target import Api

SECONDS = 30.0
TRIES = 3
COLUMNS = "id,name,specialty,email,timezone,status"


class RefusedError(SetterbaseError):
    """The API understood, and said no: `status` and `code` as it answered."""

    def __init__(self, message: str, *, status: int, code: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.code = code

    @property
    def email_exists(self) -> bool:
        """Whether it is the e-mail, of a user or of a tenant, that is taken."""
        said = self.message.lower()
        return (
            self.code in ("email_exists", "user_already_exists")
            or "already been registered" in said
            or (self.status == 409 and said.startswith("email:"))
            # Two at the same moment: the index decides, and the auth service quotes it.
            or (self.code == "23505" and "email" in said)
        )


class UnreachedError(TargetError):
    """No connection came about: whatever was asked for, nobody heard of it."""


@dataclass(frozen=True)
class Link:
    """A link by which somebody sets a password. Whoever holds it is that person: show it once."""

    url: str = field(repr=False)
    redirect_to: str | None = None


class Admin:
    """Calls with the secret key. May be used by several threads."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def check(self) -> None:
        """Raises TargetError when the project cannot be used: address, key, or schema."""
        self._call("GET", "/rest/v1/coachs", params={"select": "id", "limit": "1"})

    def user(self, user_id: UUID) -> dict[str, Any] | None:
        """An auth user; None if there is none of this id."""
        try:
            found: dict[str, Any] = self._call("GET", f"/auth/v1/admin/users/{user_id}")
        except RefusedError as refused:
            if refused.status == 404:
                return None
            raise
        return found

    def create_user(self, user_id: UUID, email: str, app_metadata: dict[str, Any]) -> UUID:
        """Make an auth user without a password; the id is the one asked for.

        Raises RefusedError, also when the database refuses what follows by trigger.
        """
        body = {
            "id": str(user_id),
            "email": email,
            "email_confirm": True,
            "app_metadata": app_metadata,
        }
        made = self._call("POST", "/auth/v1/admin/users", json=body)
        return UUID(made["id"])

    def delete_user(self, user_id: UUID) -> None:
        """Take an auth user out, and with it a tenant in which nothing has happened.

        Nobody of this id is no error. Tried again a few times, since much hangs on it.
        """
        for left in reversed(range(TRIES)):
            try:
                self._call("DELETE", f"/auth/v1/admin/users/{user_id}")
            except RefusedError as refused:
                if refused.status == 404:
                    return
                if not left:
                    raise
            except TargetError:
                if not left:
                    raise
            else:
                return

    def recovery_link(self, email: str, redirect_to: str | None = None) -> Link:
        """A link by which the user of this e-mail sets a password."""
        made = self._call(
            "POST",
            "/auth/v1/admin/generate_link",
            params={"redirect_to": redirect_to} if redirect_to else None,
            json={"type": "recovery", "email": email},
        )
        return Link(made["action_link"], made.get("redirect_to"))

    def tenant(self, **where: str) -> dict[str, Any] | None:
        """The tenant whose column is exactly that; None if there is none."""
        params = {"select": COLUMNS, **{name: f"eq.{value}" for name, value in where.items()}}
        found: list[dict[str, Any]] = self._call("GET", "/rest/v1/coachs", params=params)
        return found[0] if found else None

    def is_owned(self, coach_id: str) -> bool:
        """Whether anybody is an owner of the tenant."""
        params = {"select": "user_id", "coach_id": f"eq.{coach_id}", "role": "eq.owner"}
        return bool(self._call("GET", "/rest/v1/memberships", params=params))

    def _call(
        self,
        method: str,
        path: str,
        *,
        json: dict[str, Any] | None = None,
        params: dict[str, str] | None = None,
    ) -> Any:
        import httpx

        try:
            answer = self._client.request(method, path, json=json, params=params)
        except httpx.HTTPError as error:
            unreached = isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout))
            raise (UnreachedError if unreached else TargetError)(
                f"the project's API does not answer: {_reason(error)}.",
                hint="Check SUPABASE_URL, and that the platform is up.",
            ) from None
        body = _json(answer)
        if answer.is_success:
            return body
        raise _problem(answer.status_code, body if isinstance(body, dict) else {})


@contextmanager
def connect(api: Api) -> Iterator[Admin]:
    """The admin API of a project, its connections closed at the end."""
    from setterbase import web

    headers = {"apikey": api.secret_key, "User-Agent": "setterbase"}
    # A legacy key is a token, which PostgREST and the auth service look for here. Not the header
    # X-Supabase-Api-Version: with it the auth service keeps the database's reasons to itself.
    if not api.secret_key.startswith("sb_"):
        headers["Authorization"] = f"Bearer {api.secret_key}"
    with web.client(api.url, headers, SECONDS) as client:
        yield Admin(client)


def _problem(status: int, body: dict[str, Any]) -> SetterbaseError:
    said = str(body.get("message") or body.get("msg") or body.get("error") or f"HTTP {status}")
    code = str(body.get("error_code") or body.get("code") or "")
    if status in (401, 403):
        return TargetError(
            f"the project's API refused the key: {said.rstrip('.')}.",
            hint="Check that SUPABASE_SECRET_KEY belongs to SUPABASE_URL.",
        )
    if code in ("PGRST205", "PGRST106", "42P01"):
        return TargetError(
            "this project has no Setterbase schema, or its API does not show it.",
            hint="Run `setterbase migrate up`; `public` must be an exposed schema.",
        )
    return RefusedError(said.rstrip("."), status=status, code=code)


def _json(answer: httpx.Response) -> Any:
    try:
        return answer.json()
    except ValueError:
        return None


def _reason(error: httpx.HTTPError) -> str:
    import httpx

    if isinstance(error, httpx.TimeoutException):
        return f"nothing came for {SECONDS:.0f} s"
    return " ".join(str(error).split()).rstrip(".") or type(error).__name__
