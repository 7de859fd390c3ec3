// Sessions: access tokens, refresh tokens that rotate, and their end.

import type { Jwt } from "../shared/jwt.ts";
import type { AuthSettings } from "./config.ts";
import { type Db, type Metadata, type Sql, type UserRow, within } from "./db.ts";
import { AuthError, banned } from "./errors.ts";
import { opaque } from "./tokens.ts";
import { findById, isBanned, present, update } from "./users.ts";

export type Method = "password" | "otp" | "magiclink" | "recovery" | "email/signup" | "invite";

interface RefreshRow {
  id: string;
  token: string;
  user_id: string;
  session_id: string;
  revoked: boolean;
  updated_at: Date;
}

/** A new session of `user`, as clients parse it. Throws AuthError for a banned user. */
export async function begin(
  sql: Sql,
  jwt: Jwt,
  settings: AuthSettings,
  user: UserRow,
  method: Method,
): Promise<Metadata> {
  if (isBanned(user)) throw banned();
  const session = crypto.randomUUID();
  await sql`
    insert into auth.sessions (id, user_id, aal, tag)
    values (${session}, ${user.id}, 'aal1', ${method})`;
  const refresh = await addRefreshToken(sql, user.id, session, null);
  const signedIn = await update(sql, user.id, { last_sign_in_at: new Date() });
  return await described(sql, jwt, settings, signedIn, session, refresh, method);
}

/** Exchange a refresh token for a fresh pair. Throws AuthError. */
export async function refresh(
  db: Db,
  jwt: Jwt,
  settings: AuthSettings,
  token: string,
): Promise<Metadata> {
  const outcome = await within(db, async (sql) => {
    const found = await sql<RefreshRow[]>`
      select id, token, user_id, session_id, revoked, updated_at
      from auth.refresh_tokens where token = ${token} for update`;
    const row = found[0];
    if (!row) {
      return new AuthError(
        400,
        "refresh_token_not_found",
        "Invalid Refresh Token: Refresh Token Not Found",
      );
    }
    const sessions = await sql<{ tag: Method | null }[]>`
      select tag from auth.sessions where id = ${row.session_id} for update`;
    const user = await findById(sql, row.user_id);
    if (!sessions[0] || user === null) {
      return new AuthError(
        400,
        "session_not_found",
        "Invalid Refresh Token: Session Not Found",
      );
    }
    if (isBanned(user)) return banned();
    const method = sessions[0].tag ?? "password";
    let next: string;
    if (row.revoked) {
      const active = await sql<RefreshRow[]>`
        select token, parent from auth.refresh_tokens
        where session_id = ${row.session_id} and not revoked order by created_at desc limit 1`;
      const age = Date.now() - row.updated_at.getTime();
      const late = age > settings.refresh_token_reuse_interval * 1000;
      if (late || !active[0]) {
        // Somebody holds a copy: whoever it is, the session ends for both.
        await sql`
          update auth.refresh_tokens set revoked = true, updated_at = now()
          where session_id = ${row.session_id} and not revoked`;
        return new AuthError(
          400,
          "refresh_token_already_used",
          "Invalid Refresh Token: Already Used",
        );
      }
      next = active[0].token; // two tabs asked at once
    } else {
      await sql`
        update auth.refresh_tokens set revoked = true, updated_at = now() where id = ${row.id}`;
      next = await addRefreshToken(sql, user.id, row.session_id, token);
    }
    await sql`
      update auth.sessions set refreshed_at = now() at time zone 'utc', updated_at = now()
      where id = ${row.session_id}`;
    return await described(sql, jwt, settings, user, row.session_id, next, method);
  });
  if (outcome instanceof AuthError) throw outcome; // after the commit: what it revoked stays so
  return outcome as Metadata;
}

/** End sessions of `user`: this one, every one, or all but this one. */
export async function end(
  sql: Sql,
  user: string,
  session: string | undefined,
  scope: "local" | "global" | "others",
): Promise<void> {
  if (scope === "global") {
    await sql`delete from auth.sessions where user_id = ${user}`;
  } else if (session !== undefined && scope === "local") {
    await sql`delete from auth.sessions where user_id = ${user} and id = ${session}`;
  } else if (session !== undefined) {
    await sql`delete from auth.sessions where user_id = ${user} and id <> ${session}`;
  }
}

/**
 * Give `user` another password. Whoever knew the old one, or holds a link that was asked for with
 * it, is out: every session but `session` ends, and no link that is under way is good any more.
 */
export async function changePassword(
  sql: Sql,
  user: UserRow,
  encrypted: string,
  session: string | undefined,
): Promise<UserRow> {
  await end(sql, user.id, session, session === undefined ? "global" : "others");
  return await update(sql, user.id, {
    encrypted_password: encrypted,
    confirmation_token: null,
    recovery_token: null,
    email_change_token_new: null,
    email_change_token_current: null,
    reauthentication_token: null,
  });
}

async function addRefreshToken(
  sql: Sql,
  user: string,
  session: string,
  parent: string | null,
): Promise<string> {
  const token = opaque();
  await sql`
    insert into auth.refresh_tokens (id, token, user_id, session_id, parent)
    values (${crypto.randomUUID()}, ${token}, ${user}, ${session}, ${parent})`;
  return token;
}

async function described(
  sql: Sql,
  jwt: Jwt,
  settings: AuthSettings,
  user: UserRow,
  session: string,
  refreshToken: string,
  method: Method,
): Promise<Metadata> {
  const now = Math.floor(Date.now() / 1000);
  const expires = now + settings.jwt_expiry;
  const token = await jwt.sign({
    iss: `${settings.api_url}/auth/v1`,
    sub: user.id,
    aud: user.aud ?? "authenticated",
    exp: expires,
    iat: now,
    email: user.email ?? "",
    phone: user.phone ?? "",
    app_metadata: user.raw_app_meta_data ?? {},
    user_metadata: user.raw_user_meta_data ?? {},
    role: user.role ?? "authenticated",
    aal: "aal1",
    amr: [{ method, timestamp: now }],
    session_id: session,
    is_anonymous: user.is_anonymous,
  });
  return {
    access_token: token,
    token_type: "bearer",
    expires_in: settings.jwt_expiry,
    expires_at: expires,
    refresh_token: refreshToken,
    user: await present(sql, user),
  };
}
