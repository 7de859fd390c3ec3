import assert from "node:assert/strict";
import { type Dependencies, health } from "./handler.ts";
import { askHealth } from "./project.ts";

const WELL = {
  status: "ok",
  checked_at: "2026-11-20T09:54:27.074+00:00",
  kpis: { status: "ok", last_refresh_at: "2026-11-20T09:52:00+00:00", age_seconds: 147 },
  jobs: { status: "ok", runner: "pg_cron", list: [{ name: "setterbase_refresh_kpis" }] },
  dead_letters: { status: "ok", waiting: 0, oldest_at: null },
  last_migration: "20261120120005",
  postgres: "17.6",
};

class Project implements Dependencies {
  asked = 0;
  clock = 0;
  lines: string[] = [];

  constructor(public answer: unknown = WELL) {}

  async ask(_: AbortSignal) {
    this.asked++;
    await Promise.resolve();
    if (this.answer instanceof Error) throw this.answer;
    return this.answer;
  }
  now() {
    return this.clock;
  }
  log(line: string) {
    this.lines.push(line);
  }
}

async function ask(its: Dependencies, method = "GET") {
  const response = await health(its)(new Request("http://x/health", { method }));
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text && JSON.parse(text) };
}

Deno.test("all is well, in words alone", async () => {
  const told = await ask(new Project());
  assert.equal(told.status, 200);
  assert.deepEqual(told.body, {
    status: "ok",
    checked_at: WELL.checked_at,
    checks: { database: "ok", kpis: "ok", jobs: "ok", dead_letters: "ok" },
  });
  assert.equal(told.headers.get("Cache-Control"), "no-store");
  assert.equal(told.headers.get("Access-Control-Allow-Origin"), "*");
  assert.equal(told.headers.get("Access-Control-Allow-Methods"), "GET, HEAD, OPTIONS");
});

Deno.test("degraded still serves, failing does not", async () => {
  const waiting = { ...WELL, status: "degraded", dead_letters: { status: "degraded", waiting: 3 } };
  const degraded = await ask(new Project(waiting));
  assert.deepEqual([degraded.status, degraded.body.checks.dead_letters], [200, "degraded"]);
  const failing = await ask(
    new Project({ ...WELL, status: "failing", kpis: { status: "failing" } }),
  );
  assert.deepEqual([failing.status, failing.body.checks.kpis], [503, "failing"]);
});

Deno.test("a project that does not answer is failing, and the operator reads why", async () => {
  const its = new Project(new Error("the REST API answers 503"));
  const told = await ask(its);
  assert.equal(told.status, 503);
  assert.deepEqual(told.body.checks, { database: "failing" });
  assert.deepEqual(its.lines, ["health: Error: the REST API answers 503"]);
  assert.doesNotMatch(JSON.stringify(told.body), /REST/);
});

Deno.test("an answer of another kind is no health", async (t) => {
  for (const answer of [null, [], "ok", {}, { status: "fine" }, { ...WELL, checked_at: 7 }]) {
    await t.step(JSON.stringify(answer), async () => {
      assert.equal((await ask(new Project(answer))).status, 503);
    });
  }
});

Deno.test("many ask at once, the database is asked once", async () => {
  const its = new Project();
  const handler = health(its);
  const get = () => handler(new Request("http://x/health"));
  await Promise.all([get(), get(), get()]);
  its.clock = 2_000;
  await get();
  assert.equal(its.asked, 1);
  its.answer = { ...WELL, status: "failing" };
  its.clock = 2_001;
  assert.equal((await get()).status, 503);
  assert.equal(its.asked, 2);
});

Deno.test("HEAD has no body; browsers ask first; other methods are refused", async () => {
  const head = await ask(new Project(), "HEAD");
  assert.deepEqual([head.status, head.body], [200, ""]);
  const preflight = await ask(new Project(), "OPTIONS");
  assert.equal(preflight.status, 204);
  const post = await ask(new Project(), "POST");
  assert.deepEqual([post.status, post.headers.get("Allow")], [405, "GET, HEAD, OPTIONS"]);
});

Deno.test("how the project is asked", async (t) => {
  const real = globalThis.fetch;
  const signal = new AbortController().signal;
  const asking = async (key: string, answer: Response) => {
    let sent = new Request("http://none");
    globalThis.fetch = (input, init) => {
      sent = new Request(input, init);
      return Promise.resolve(answer);
    };
    try {
      return { sent, told: await askHealth("http://project", key, signal), request: () => sent };
    } finally {
      globalThis.fetch = real;
    }
  };
  await t.step("an opaque key is no token", async () => {
    const { request, told } = await asking("sb_secret_x", Response.json(WELL));
    assert.deepEqual(told, WELL);
    assert.equal(request().url, "http://project/rest/v1/rpc/health");
    assert.equal(request().headers.get("apikey"), "sb_secret_x");
    assert.equal(request().headers.has("Authorization"), false);
  });
  await t.step("a legacy key is one", async () => {
    const { request } = await asking("eyJ.x.y", Response.json(WELL));
    assert.equal(request().headers.get("Authorization"), "Bearer eyJ.x.y");
  });
  await t.step("a refusal says its code and nothing of the key", async () => {
    const no = Response.json({ code: "PGRST202", message: "sb_secret_x" }, { status: 404 });
    await assert.rejects(asking("sb_secret_x", no), {
      message: "the REST API answers 404 (PGRST202)",
    });
    await assert.rejects(asking("sb_secret_x", new Response("<html>", { status: 502 })), {
      message: "the REST API answers 502",
    });
  });
});
