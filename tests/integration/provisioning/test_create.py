"""A coach is made whole or not at all, whichever step fails."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from setterbase.errors import TargetError, UsageError
from setterbase.provisioning import create as making
from setterbase.provisioning.admin import Admin, RefusedError
from setterbase.provisioning.create import Draft, Outcome, create, create_all
from tests.support.auth_api import SITE, AuthApi, Call, Failure
from tests.support.servers import Database

# Triggers are tested on every PostgreSQL beside their SQL; what fails here is HTTP.
pytestmark = pytest.mark.legs(18)

CAMILLE = Draft("Camille@Exemple.fr ", " Camille Laurent", "Perte de poids")
ID = UUID("065f2d57-c766-56c5-a31b-ccdfeee0d35b")


def counts(database: Database) -> tuple[int, ...]:
    """Users, tenants, settings and memberships."""
    with database.connect() as db:
        found = db.execute(
            "select (select count(*) from auth.users), (select count(*) from public.coachs),"
            " (select count(*) from public.coach_settings),"
            " (select count(*) from public.memberships where role = 'owner')"
        ).fetchone()
    assert found is not None
    return tuple(found)


def test_user_tenant_membership_and_link(client: Admin, clone: Database) -> None:
    made = create(client, replace(CAMILLE, timezone="america/new_york"))
    assert (made.result, made.email, made.name) == (
        "created",
        "camille@exemple.fr",
        "Camille Laurent",
    )
    assert made.timezone == "America/New_York"
    assert made.magic_link
    assert made.magic_link not in repr(made)
    assert counts(clone) == (1, 1, 1, 1)
    with clone.connect() as db:
        assert db.execute(
            "select c.id, c.specialty, m.user_id from public.coachs as c"
            " inner join public.memberships as m on m.coach_id = c.id"
        ).fetchone() == (made.coach_id, "Perte de poids", made.coach_id)


def test_an_id_of_ones_own(client: Admin, clone: Database) -> None:
    assert create(client, replace(CAMILLE, id=ID)).coach_id == ID
    assert counts(clone) == (1, 1, 1, 1)


def test_the_same_again_changes_nothing(client: Admin, project: AuthApi, clone: Database) -> None:
    first = create(client, replace(CAMILLE, id=ID))
    for again in (replace(CAMILLE, id=ID), CAMILLE, replace(CAMILLE, timezone="europe/paris")):
        outcome = create(client, again)
        assert (outcome.result, outcome.coach_id) == ("existing", first.coach_id)
        assert outcome.magic_link is None
    assert project.calls.count("link") == 1
    assert counts(clone) == (1, 1, 1, 1)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": "Camille Dubois"}, "name 'Camille Laurent', not 'Camille Dubois'"),
        ({"specialty": "Yoga"}, "specialty 'Perte de poids', not 'Yoga'"),
        ({"timezone": "UTC"}, "timezone 'Europe/Paris', not 'UTC'"),
        ({"id": uuid4()}, "e-mail camille@exemple.fr exists already, with id"),
        ({"id": ID, "email": "other@exemple.fr"}, f"id {ID} exists already, with email"),
    ],
)
def test_one_who_is_there_is_never_changed(
    client: Admin, clone: Database, change: dict[str, object], words: str
) -> None:
    create(client, replace(CAMILLE, id=ID))
    with pytest.raises(UsageError) as told:
        create(client, replace(CAMILLE, **change))  # type: ignore[arg-type]
    assert words in told.value.message
    assert told.value.hint == "Nothing was changed."
    assert counts(clone) == (1, 1, 1, 1)


def test_a_user_who_is_no_coach(client: Admin, clone: Database) -> None:
    user = client.create_user(uuid4(), "camille@exemple.fr", {})
    for draft in (CAMILLE, replace(CAMILLE, id=user, email="another@exemple.fr")):
        with pytest.raises(UsageError, match="exists already, and is no coach"):
            create(client, draft)
    assert counts(clone) == (1, 0, 0, 0)


def test_a_tenant_without_a_user_keeps_its_id(client: Admin, clone: Database) -> None:
    with clone.connect() as db:
        db.execute(
            "insert into public.coachs (id, name, email) values (%s, 'Old', 'old@x.fr')", [ID]
        )
    with pytest.raises(UsageError, match="a coach with this id exists already") as told:
        create(client, replace(CAMILLE, id=ID))
    assert "`setterbase coach link`" in str(told.value)
    assert counts(clone) == (0, 1, 1, 0)


def test_a_tenant_without_a_user_keeps_its_e_mail(client: Admin, clone: Database) -> None:
    with clone.connect() as db:
        db.execute(
            "insert into public.coachs (name, specialty, email)"
            " values ('Camille Laurent', 'Perte de poids', 'camille@exemple.fr')"
        )
    for draft, words in (
        (CAMILLE, "exists already, and has no owner"),
        (replace(CAMILLE, name="Another"), "exists already, with name"),
    ):
        with pytest.raises(UsageError, match=words):
            create(client, draft)
    assert counts(clone) == (0, 1, 1, 0)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"email": "camille"}, "email: 'camille' is no e-mail address."),
        ({"name": " ", "specialty": "x" * 201},
         "name: is missing; specialty: is longer than 200 characters."),
        ({"email": "cam\0ille@x.fr"}, r"email: 'cam\x00ille@x.fr' is no e-mail address."),
        ({"name": "Camille\0", "specialty": "\udcff", "redirect_to": "\udcff"},
         "name: holds a character that cannot be stored; specialty: holds a character that cannot"
         " be stored; redirect_to: holds a character that cannot be stored."),
        ({"timezone": "Europe/Atlantis"}, "timezone: is no time zone, such as Europe/Paris."),
    ],
)  # fmt: skip
def test_what_is_no_coach(
    client: Admin, clone: Database, change: dict[str, object], words: str
) -> None:
    with pytest.raises(UsageError) as told:
        create(client, replace(CAMILLE, **change))  # type: ignore[arg-type]
    assert told.value.message == words
    assert told.value.hint == "Nothing was made."
    assert counts(clone) == (0, 0, 0, 0)


STEPS: list[tuple[Call, Failure]] = [
    ("create", "refuse"),
    ("create", "lose"),
    ("tenants", "refuse"),
    ("tenants", "lose"),
    ("link", "refuse"),
    ("link", "lose"),
]


@pytest.mark.parametrize(("step", "failure"), STEPS)
@pytest.mark.parametrize("coach_id", [None, ID])
def test_whichever_step_fails_nothing_is_left(
    client: Admin,
    project: AuthApi,
    clone: Database,
    step: Call,
    failure: Failure,
    coach_id: UUID | None,
) -> None:
    draft = replace(CAMILLE, id=coach_id)
    project.failures = {step: [failure]}
    with pytest.raises(TargetError, match=r"nothing is left of what was made\.") as told:
        create(client, draft)
    assert project.failures == {step: []}
    assert told.value.exit_code == 6
    assert counts(clone) == (0, 0, 0, 0)
    assert create(client, draft).result == "created"


def test_taking_out_is_tried_again(client: Admin, project: AuthApi, clone: Database) -> None:
    project.failures = {"link": ["refuse"], "delete": ["lose", "refuse"]}
    with pytest.raises(TargetError, match="nothing is left"):
        create(client, CAMILLE)
    assert counts(clone) == (0, 0, 0, 0)


def test_what_could_not_be_taken_out_is_named(
    client: Admin, project: AuthApi, clone: Database
) -> None:
    project.failures = {"link": ["refuse"], "delete": ["refuse"] * 3}
    with pytest.raises(TargetError, match="could not be taken out again") as told:
        create(client, replace(CAMILLE, id=ID))
    assert str(ID) in str(told.value)
    assert counts(clone) == (1, 1, 1, 1)
    assert create(client, CAMILLE).result == "existing"


def test_an_interruption_leaves_nothing_either(
    client: Admin, clone: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Admin, "recovery_link", interrupt)
    with pytest.raises(KeyboardInterrupt):
        create(client, CAMILLE)
    assert counts(clone) == (0, 0, 0, 0)


def test_a_database_without_our_triggers(client: Admin, clone: Database) -> None:
    """A project whose migrations are behind makes users and no tenants."""
    with clone.connect() as db:
        db.execute("drop function private.tg_users__provision_coach() cascade")
    with pytest.raises(TargetError, match="made a user, but no coach; nothing is left"):
        create(client, CAMILLE)
    assert counts(clone) == (0, 0, 0, 0)


def test_where_the_link_leads(client: Admin) -> None:
    allowed = create(client, replace(CAMILLE, redirect_to=f"{SITE}welcome"))
    assert allowed.redirect_to == f"{SITE}welcome"
    stray = create(client, replace(CAMILLE, email="b@x.fr", redirect_to="https://elsewhere.com"))
    assert stray.redirect_to == SITE


def test_a_wrong_key_and_a_deaf_address(project: AuthApi) -> None:
    from setterbase.provisioning import admin
    from setterbase.target import Api

    wrong = pytest.raises(TargetError, match="refused the key: Invalid API key")
    with admin.connect(Api(project.url, "sb_secret_wrong")) as api, wrong:
        create(api, CAMILLE)
    deaf = pytest.raises(TargetError, match=r"does not answer: .*refused")
    with admin.connect(Api("http://127.0.0.1:1", "sb_secret_x")) as api, deaf:
        api.check()


def test_a_project_that_was_never_reached_has_nothing_to_be_taken_out() -> None:
    from setterbase.provisioning import admin
    from setterbase.target import Api

    with (
        admin.connect(Api("http://127.0.0.1:1", "sb_secret_x")) as api,
        pytest.raises(TargetError, match="does not answer") as told,
    ):
        create(api, CAMILLE)
    assert "by then" not in str(told.value)


def test_what_the_auth_service_refuses_is_a_mistake_of_the_words(
    client: Admin, clone: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise RefusedError("Unable to validate email address: invalid format", status=400)

    monkeypatch.setattr(Admin, "create_user", refuse)
    with pytest.raises(UsageError, match="Unable to validate email address") as told:
        create(client, CAMILLE)
    assert told.value.hint == "Nothing was made."


def drafts(number: int) -> list[Draft]:
    return [
        Draft(f"coach-{n}@exemple.fr", f"Coach {n}", "Sport", line=n + 2) for n in range(number)
    ]


def test_many_at_once_add_up(client: Admin, clone: Database) -> None:
    create(client, drafts(1)[0])
    asked = drafts(20)
    asked[3] = replace(asked[3], name="")
    asked[5] = replace(asked[5], timezone="Mars/Olympus")
    asked[7] = replace(asked[6], line=9)
    heard: list[Outcome] = []
    outcomes = create_all(client, asked, on_done=heard.append)
    assert [outcome.line for outcome in outcomes] == [draft.line for draft in asked]
    refused = {o.line: o.reason for o in outcomes if o.result == "refused"}
    assert refused == {
        5: "name: is missing",
        7: "timezone: is no time zone, such as Europe/Paris",
        9: "line 8 has the same e-mail",
    }
    assert [o.line for o in outcomes if o.result == "existing"] == [2]
    links = {o.magic_link for o in outcomes if o.result == "created"}
    assert len(links) == 16
    assert None not in links
    assert counts(clone) == (17, 17, 17, 17)
    assert len(heard) == 19
    again = create_all(client, asked)
    assert [o.result for o in again].count("existing") == 17


def test_one_that_fails_among_many(client: Admin, project: AuthApi, clone: Database) -> None:
    project.failures = {"link": ["refuse", "lose"]}
    outcomes = create_all(client, drafts(10))
    assert sorted(o.result for o in outcomes) == ["created"] * 8 + ["refused"] * 2
    assert all("nothing is left" in (o.reason or "") for o in outcomes if o.result == "refused")
    assert counts(clone) == (8, 8, 8, 8)
    assert {o.result for o in create_all(client, drafts(10))} == {"created", "existing"}
    assert counts(clone) == (10, 10, 10, 10)


def test_an_interruption_among_many_loses_no_link(
    client: Admin, clone: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(making, "AT_ONCE", 2)

    def interrupt(_: object) -> None:
        raise KeyboardInterrupt

    outcomes = create_all(client, drafts(12), on_done=interrupt)
    made = [outcome for outcome in outcomes if outcome.result == "created"]
    assert 0 < len(made) < 12
    assert all(outcome.magic_link for outcome in made)
    assert {o.reason for o in outcomes if o.result == "refused"} == {"interrupted"}
    assert counts(clone) == (len(made),) * 4
