// A coach's way with the real supabase-js. Reads one JSON object from stdin, writes one to stdout;
// the test that runs it judges.

import { createClient } from "@supabase/supabase-js";

const { url, key, link, password, own, other, functions } = JSON.parse(
  await new Response(Deno.stdin.readable).text(),
);
const options = { auth: { persistSession: false, autoRefreshToken: false } };
const outcome = ({ data, error, status }) => ({ data, status, code: error?.code ?? null });

const answer = await fetch(link, { redirect: "manual" });
const tokens = new URLSearchParams(new URL(answer.headers.get("location")).hash.slice(1));
await answer.body?.cancel();

const invited = createClient(url, key, options);
await invited.auth.setSession({
  access_token: tokens.get("access_token"),
  refresh_token: tokens.get("refresh_token"),
});
const updated = await invited.auth.updateUser({ password });
await invited.auth.signOut();

const client = createClient(url, key, options);
const { data: session, error } = await client.auth.signInWithPassword({ email: own.email, password });
if (error) throw error;

const told = {
  updated: updated.error?.message ?? null,
  user: session.user.id,
  coach: outcome(await client.rpc("current_coach_id")),
  kpis: outcome(await client.from("coach_dashboard_kpis").select("*")),
  kpisOfTheOther: outcome(
    await client.from("coach_dashboard_kpis").select("*").eq("coach_id", other.coach_id),
  ),
  leadsOfTheOther: outcome(await client.from("leads").select("*").eq("coach_id", other.coach_id)),
  insert: outcome(await client.from("leads").insert({ coach_id: own.coach_id })),
  takeover: outcome(
    await client.from("memberships").insert({ coach_id: other.coach_id, user_id: session.user.id }),
  ),
  calls: {},
  callsOnTheOther: {},
};
for (const { name, own: about, other: aboutTheOther } of functions) {
  told.calls[name] = outcome(await client.rpc(name, about));
  told.callsOnTheOther[name] = outcome(await client.rpc(name, aboutTheOther));
}
console.log(JSON.stringify(told));
