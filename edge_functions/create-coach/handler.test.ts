import assert from "node:assert/strict";
import { isOneOf, secretKeys } from "../_shared/keys.ts";
import { type Dependencies, handle, Refusal } from "./handler.ts";
import type { Draft } from "./input.ts";

const SECRET = "sb_secret_right";
const LINK = "https://project.example/auth/v1/verify?token=hush&type=recovery";
const CAMILLE = {
  email: "camille@exemple.fr",
  name: "Camille Laurent",
  specialty: "Perte de poids",
};
const UUID = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/;

class Platform implements Dependencies {
  users = new Map<string, Draft>();
  lines: string[] = [];

  constructor(readonly change: Partial<Dependencies> = {}) {
    Object.assign(this, change);
  }

  isSecretKey(key: string) {
    return isOneOf(key, [SECRET]);
  }
  whoIs(token: string) {
    const known: Record<string, boolean> = { admin: true, coach: false };
    const isPlatformAdmin = known[token];
    return Promise.resolve(isPlatformAdmin === undefined ? null : { id: token, isPlatformAdmin });
  }
  createCoach(id: string, draft: Draft) {
    if ([...this.users.values()].some((user) => user.email === draft.email)) {
      return Promise.reject(new Refusal(422, "A user with this email …", true));
    }
    this.users.set(id, draft);
    return Promise.resolve();
  }
  recoveryLink(_email: string) {
    return Promise.resolve(LINK);
  }
  deleteUser(id: string) {
    this.users.delete(id);
    return Promise.resolve();
  }
  log(line: string) {
    this.lines.push(line);
  }
}

function ask(
  its: Dependencies,
  body: unknown = CAMILLE,
  headers: HeadersInit = { apikey: SECRET },
) {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return handle(new Request("http://x/create-coach", { method: "POST", headers, body: text }), its);
}

async function answer(response: Response) {
  const body = await response.json();
  return { status: response.status, body };
}

Deno.test("a coach is made and their link handed out once", async () => {
  const its = new Platform();
  const response = await ask(its, { ...CAMILLE, email: " Camille@Exemple.FR ", timezone: "UTC" });
  const { status, body } = await answer(response);
  assert.equal(status, 201);
  assert.deepEqual(Object.keys(body), ["coach_id", "magic_link"]);
  assert.match(body.coach_id, UUID);
  assert.equal(body.magic_link, LINK);
  assert.equal(response.headers.get("Cache-Control"), "no-store");
  assert.deepEqual([...its.users], [[body.coach_id, { ...CAMILLE, timezone: "UTC" }]]);
  assert.deepEqual(its.lines, []);
});

Deno.test("who may ask", async (t) => {
  const cases: [string, HeadersInit, number][] = [
    ["the secret key", { apikey: SECRET }, 201],
    ["the secret key as bearer", { Authorization: `Bearer ${SECRET}` }, 201],
    ["a platform admin", { Authorization: "Bearer admin", apikey: "sb_publishable_x" }, 201],
    ["a coach", { Authorization: "Bearer coach", apikey: "sb_publishable_x" }, 403],
    ["a coach beside the secret key", { Authorization: "Bearer coach", apikey: SECRET }, 403],
    ["a forged token", { Authorization: "Bearer forged", apikey: SECRET }, 401],
    ["a publishable key", { apikey: "sb_publishable_x" }, 401],
    ["a key that is too long", { apikey: `${SECRET}x` }, 401],
    ["an admin's token where the key belongs", { apikey: "admin" }, 401],
    ["another scheme", { Authorization: `Basic ${SECRET}` }, 401],
    ["nobody", {}, 401],
  ];
  for (const [who, headers, status] of cases) {
    await t.step(who, async () => {
      const its = new Platform();
      const response = await ask(its, CAMILLE, headers);
      assert.equal(response.status, status);
      assert.equal(its.users.size, status === 201 ? 1 : 0);
      assert.equal(response.headers.has("WWW-Authenticate"), status === 401);
    });
  }
});

Deno.test("a stranger is not told what is wrong with the body", async () => {
  assert.equal((await ask(new Platform(), "not json", {})).status, 401);
});

Deno.test("every field that is off is named", async (t) => {
  const long = "x".repeat(201);
  const cases: [string, unknown, Record<string, string>][] = [
    ["nothing", {}, { email: "is missing", name: "is missing", specialty: "is missing" }],
    ["nulls", { ...CAMILLE, name: null, timezone: null }, { name: "is missing" }],
    ["blanks", { ...CAMILLE, name: " ", timezone: "" }, { name: "is empty", timezone: "is empty" }],
    ["no text", { ...CAMILLE, email: 7, name: ["x"] }, {
      email: "must be a text",
      name: "must be a text",
    }],
    ["no address", { ...CAMILLE, email: "camille exemple.fr" }, { email: "is no e-mail address" }],
    ["unfit for a text", { ...CAMILLE, name: "a\0b", specialty: "\ud800" }, {
      name: "holds what cannot be stored",
      specialty: "holds what cannot be stored",
    }],
    ["too long", { email: `${"x".repeat(250)}@x.fr!!`, name: long, specialty: long }, {
      email: "is longer than 255 characters",
      name: "is longer than 200 characters",
      specialty: "is longer than 200 characters",
    }],
    ["a zone that is none", { ...CAMILLE, timezone: "Europe/Atlantis" }, {
      timezone: "is no time zone, such as Europe/Paris",
    }],
    ["an offset", { ...CAMILLE, timezone: "+02:00" }, {
      timezone: "is no time zone, such as Europe/Paris",
    }],
    ["a misspelt field", { ...CAMILLE, time_zone: "UTC" }, { time_zone: "is not expected" }],
    ["a list", [CAMILLE], { body: "must be an object" }],
    ["no JSON", "{email:", { body: "is no JSON" }],
    ["nothing at all", "", { body: "is no JSON" }],
  ];
  for (const [what, body, fields] of cases) {
    await t.step(what, async () => {
      const its = new Platform();
      const told = await answer(await ask(its, body));
      assert.equal(told.status, 422);
      assert.equal(told.body.error, "invalid_input");
      assert.deepEqual(told.body.fields, fields);
      assert.equal(its.users.size, 0);
    });
  }
});

Deno.test("what only the database knows is told field by field", async () => {
  const its = new Platform({
    createCoach: () => Promise.reject(new Refusal(422, "name: is missing; timezone: is no zone")),
  });
  const told = await answer(await ask(its));
  assert.equal(told.status, 422);
  assert.deepEqual(told.body.fields, { name: "is missing", timezone: "is no zone" });
});

Deno.test("a known e-mail", async () => {
  const its = new Platform();
  assert.equal((await ask(its)).status, 201);
  const again = await answer(await ask(its));
  assert.deepEqual([again.status, again.body.error], [409, "email_exists"]);
  assert.equal(its.users.size, 1);
  const tenant = new Platform({
    createCoach: () => Promise.reject(new Refusal(409, "email: a coach with this e-mail exists")),
  });
  assert.equal((await ask(tenant)).status, 409);
});

Deno.test("without a link there is no coach either", async () => {
  const its = new Platform({
    recoveryLink: () => Promise.reject(new Error(`${LINK} of camille@exemple.fr: sb_secret_x`)),
  });
  const told = await answer(await ask(its));
  assert.deepEqual([told.status, told.body.error], [502, "link_failed"]);
  assert.equal(its.users.size, 0);
  assert.equal(its.lines.length, 1);
  assert.doesNotMatch(its.lines.join() + JSON.stringify(told.body), /hush|camille|sb_secret/);
});

Deno.test("a coach of whom no answer came is taken out again", async () => {
  const its = new Platform();
  const create = its.createCoach.bind(its);
  its.createCoach = async (id, draft) => {
    await create(id, draft);
    throw new Refusal(504, "gateway timeout");
  };
  const told = await answer(await ask(its));
  assert.deepEqual([told.status, told.body.error], [502, "create_failed"]);
  assert.equal(its.users.size, 0);
});

Deno.test("taking out is tried again, and what remains is told", async () => {
  for (const [failures, status, error] of [[2, 502, "link_failed"], [3, 500, "rollback_failed"]]) {
    const its = new Platform({ recoveryLink: () => Promise.reject(new Error("down")) });
    const remove = its.deleteUser.bind(its);
    let failed = 0;
    its.deleteUser = (id) =>
      failed++ < Number(failures) ? Promise.reject(new Error("down")) : remove(id);
    const told = await answer(await ask(its));
    assert.deepEqual([told.status, told.body.error], [status, error]);
    assert.equal(its.users.size, status === 500 ? 1 : 0);
    if (status === 500) assert.deepEqual([told.body.coach_id], [...its.users.keys()]);
  }
});

Deno.test("an auth service that cannot tell who asks", async () => {
  const its = new Platform({ whoIs: () => Promise.reject(new Error("down")) });
  const told = await answer(await ask(its, CAMILLE, { Authorization: "Bearer admin" }));
  assert.deepEqual([told.status, told.body.error], [500, "unexpected_failure"]);
  assert.equal(its.users.size, 0);
});

Deno.test("browsers ask first; other methods are refused", async () => {
  const its = new Platform();
  const preflight = await handle(new Request("http://x/", { method: "OPTIONS" }), its);
  assert.equal(preflight.status, 204);
  assert.equal(preflight.headers.get("Access-Control-Allow-Origin"), "*");
  const get = await handle(new Request("http://x/", { headers: { apikey: SECRET } }), its);
  assert.equal(get.status, 405);
  assert.equal(get.headers.get("Allow"), "POST, OPTIONS");
});

Deno.test("a body without end is not read to its end", async () => {
  const its = new Platform();
  const told = await answer(await ask(its, { ...CAMILLE, name: "x".repeat(20_000) }));
  assert.deepEqual([told.status, told.body.error], [413, "too_large"]);
});

Deno.test("the secret keys of the environment", () => {
  const of = (names: Record<string, string>) => secretKeys((name) => names[name]);
  assert.deepEqual(of({ SUPABASE_SECRET_KEYS: '{"default":"a","n8n":"b"}' }), ["a", "b"]);
  assert.deepEqual(of({ SUPABASE_SECRET_KEY: "c", SUPABASE_SERVICE_ROLE_KEY: "d" }), ["c", "d"]);
  assert.deepEqual(of({ SUPABASE_SERVICE_ROLE_KEY: " " }), []);
});
