// What every request of the auth service comes with.

import { bearer, type Claims, type Jwt } from "../shared/jwt.ts";
import type { AuthSettings } from "./config.ts";
import type { Db, Metadata, UserRow } from "./db.ts";
import { AuthError, badJson, banned, sessionMissing } from "./errors.ts";
import { findById, isBanned, isUuid } from "./users.ts";

export interface Context {
  settings: AuthSettings;
  db: Db;
  jwt: Jwt;
  request: Request;
  url: URL;
  /** What the router matched in the path. */
  id: string;
}

/** The JSON object of the body. Throws AuthError for anything else. */
export async function body(request: Request): Promise<Metadata> {
  const text = await request.text();
  let parsed: unknown = null;
  let fits = true;
  try {
    parsed = text
      ? JSON.parse(text, (key, value) => {
        fits &&= storable(key) && (typeof value !== "string" || storable(value));
        return value;
      })
      : {};
  } catch {
    throw badJson("Could not parse request body as JSON");
  }
  if (!fits) throw badJson("Could not parse request body: a text holds what cannot be stored");
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) {
    throw badJson("Could not parse request body as JSON: an object is expected");
  }
  return parsed as Metadata;
}

/** Whether a text of PostgreSQL can hold it: not a NUL, nor half of a surrogate pair. */
export function storable(text: string): boolean {
  return !text.includes("\0") && text.isWellFormed();
}

/** An optional text of the body. Throws AuthError for another type. */
export function text(given: unknown, name: string): string | undefined {
  if (given === undefined || given === null) return undefined;
  if (typeof given !== "string") {
    throw badJson(`Could not parse request body: ${name} is no string`);
  }
  return given;
}

/** An optional object of the body. Throws AuthError for another type. */
export function object(given: unknown, name: string): Metadata | undefined {
  if (given === undefined || given === null) return undefined;
  if (typeof given !== "object" || Array.isArray(given)) {
    throw badJson(`Could not parse request body: ${name} is no object`);
  }
  return given as Metadata;
}

/** The claims of the caller's token. Throws AuthError for nobody. */
export async function claims({ jwt, request }: Context): Promise<Claims> {
  const token = bearer(request.headers);
  if (token === null) {
    throw new AuthError(401, "no_authorization", "This endpoint requires a valid Bearer token");
  }
  const read = await jwt.read(token);
  if (read === null) {
    throw new AuthError(403, "bad_jwt", "invalid JWT: unable to parse or verify signature");
  }
  return read;
}

/** The user behind the caller's token, whose session must still exist. Throws AuthError. */
export async function person(context: Context): Promise<{ user: UserRow; claims: Claims }> {
  const read = await claims(context);
  if (!read.sub || !isUuid(read.sub)) {
    throw new AuthError(403, "bad_jwt", "invalid claim: missing sub claim");
  }
  const user = await findById(context.db, read.sub);
  if (user === null || user.deleted_at !== null) {
    throw new AuthError(403, "user_not_found", "User from sub claim in JWT does not exist");
  }
  if (isBanned(user)) throw banned(403);
  if (read.session_id) {
    const sessions = isUuid(read.session_id)
      ? await context.db`select from auth.sessions where id = ${read.session_id}`
      : [];
    if (!sessions.length) throw sessionMissing();
  }
  return { user, claims: read };
}

/** Nothing for the secret key; throws AuthError for everybody else. */
export async function requireSecretKey(context: Context): Promise<void> {
  const read = await claims(context);
  if (read.role !== "service_role" && read.role !== "supabase_admin") {
    throw new AuthError(403, "not_admin", "User not allowed");
  }
}
