// PKCE: the link of a mail gives a code, which is worth something to the browser that asked alone.

import { createHash } from "node:crypto";
import type { Context } from "./context.ts";
import { text } from "./context.ts";
import { type Metadata, type Sql, within } from "./db.ts";
import { AuthError, validation } from "./errors.ts";
import { begin, type Method } from "./sessions.ts";
import { opaque } from "./tokens.ts";
import { findById } from "./users.ts";

/** Stands before the token of a link that leads to a code instead of a session. */
export const PREFIX = "pkce_";

const CODE_MS = 5 * 60 * 1000;

interface FlowRow {
  id: string;
  user_id: string | null;
  auth_code: string;
  authentication_method: Method;
  code_challenge_method: "s256" | "plain";
  code_challenge: string;
  created_at: Date;
  auth_code_issued_at: Date | null;
}

/** The challenge in a body, if any; `keep` stores it and gives the prefix for the link. */
export function challenge(
  given: Metadata,
): { keep(sql: Sql, user: string, method: Method): Promise<string> } {
  const code = text(given.code_challenge, "code_challenge");
  const method = (text(given.code_challenge_method, "code_challenge_method") ?? "").toLowerCase();
  if (!code) return { keep: () => Promise.resolve("") };
  if (method !== "s256" && method !== "plain") {
    throw validation("code challenge method must be s256 or plain");
  }
  if (!/^[A-Za-z0-9._~-]{43,128}$/.test(code)) throw validation("code challenge has a wrong form");
  return {
    async keep(sql, user, how) {
      await sql`delete from auth.flow_state where created_at < now() - interval '1 day'`;
      await sql`
        insert into auth.flow_state (
          id, user_id, auth_code, authentication_method, code_challenge_method, code_challenge,
          provider_type
        )
        values (
          ${crypto.randomUUID()}, ${user}, ${opaque()}, ${how}, ${method}, ${code}, ${how}
        )`;
      return PREFIX;
    },
  };
}

/** The code for a user whose link was followed. */
export async function codeFor(sql: Sql, user: string, method: Method): Promise<string> {
  const rows = await sql<FlowRow[]>`
    update auth.flow_state set auth_code_issued_at = now(), updated_at = now()
    where id = (
      select id from auth.flow_state
      where user_id = ${user} and authentication_method = ${method}
      order by created_at desc limit 1
    )
    returning *`;
  if (!rows[0]) {
    throw new AuthError(
      404,
      "flow_state_not_found",
      "invalid flow state, no valid flow state found",
    );
  }
  return rows[0].auth_code;
}

/** A session for a code and the verifier of its challenge. */
export async function exchange(
  { db, jwt, settings }: Context,
  given: Metadata,
): Promise<Metadata> {
  const code = text(given.auth_code, "auth_code");
  const verifier = text(given.code_verifier, "code_verifier");
  if (!code || !verifier) {
    throw validation("invalid request: both auth code and code verifier should be non-empty");
  }
  return await within(db, async (sql) => {
    const rows = await sql<FlowRow[]>`
      select * from auth.flow_state where auth_code = ${code} for update`;
    const flow = rows[0];
    if (!flow?.user_id || !flow.auth_code_issued_at) {
      throw new AuthError(
        404,
        "flow_state_not_found",
        "invalid flow state, no valid flow state found",
      );
    }
    if (flow.auth_code_issued_at.getTime() + CODE_MS < Date.now()) {
      throw new AuthError(403, "flow_state_expired", "invalid flow state, flow state has expired");
    }
    const shown = flow.code_challenge_method === "plain"
      ? verifier
      : createHash("sha256").update(verifier).digest("base64url");
    if (shown !== flow.code_challenge) {
      throw new AuthError(
        400,
        "bad_code_verifier",
        "code challenge does not match previously saved code verifier",
      );
    }
    const user = await findById(sql, flow.user_id);
    if (user === null) throw new AuthError(404, "user_not_found", "User not found");
    await sql`delete from auth.flow_state where id = ${flow.id}`;
    return await begin(sql, jwt, settings, user, flow.authentication_method);
  });
}
