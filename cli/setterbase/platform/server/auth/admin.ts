// What the secret key may do with users.

import { json } from "../shared/part.ts";
import { body, type Context, object, text } from "./context.ts";
import { type Metadata, type Sql, type UserRow, within } from "./db.ts";
import { databaseError, emailExists, userNotFound, validation } from "./errors.ts";
import { hashed } from "./passwords.ts";
import { changePassword } from "./sessions.ts";
import {
  changeEmail,
  type Changes,
  cleanEmail,
  confirmEmail,
  create,
  findByEmail,
  findById,
  isUuid,
  merged,
  present,
  presentAll,
  update,
} from "./users.ts";

/**
 * `POST /admin/users`. As hosted does it: the user is inserted first and what only admins may set
 * follows by updates, all in one transaction as `supabase_auth_admin`. A trigger that raises at
 * either leaves nothing.
 */
export async function createUser(context: Context): Promise<Response> {
  const { settings, db } = context;
  const given = await body(context.request);
  const id = text(given.id, "id");
  if (id !== undefined && !isUuid(id)) throw validation("ID must conform to the uuid v4 format");
  if (!given.email) throw validation("Cannot create a user without either an email or phone");
  const email = cleanEmail(given.email);
  const password = text(given.password, "password");
  const encrypted = text(given.password_hash, "password_hash") ??
    (password ? await hashed(password, settings) : null);
  const changes = privileged(given);
  const user = await within(db, async (sql) => {
    if (await findByEmail(sql, email)) throw emailExists();
    const made = await create(sql, {
      ...(id ? { id } : {}),
      email,
      encrypted_password: encrypted,
      user_metadata: object(given.user_metadata, "user_metadata") ?? {},
    });
    return await present(sql, await applied(sql, made, changes));
  }).catch((error) => {
    throw databaseError(error, "creating new user");
  });
  return json(200, user);
}

/** `GET /admin/users?page=&per_page=&filter=`, newest first. */
export async function listUsers({ db, url }: Context): Promise<Response> {
  const page = count(url.searchParams.get("page"), "page", 1);
  const size = Math.min(count(url.searchParams.get("per_page"), "per_page", 50), 1000);
  const filter = url.searchParams.get("filter") ?? "";
  const like = `%${filter.replace(/[\\%_]/g, "\\$&")}%`;
  const totals = await db<{ total: number }[]>`
    select count(*)::integer as total from auth.users where coalesce(email, '') ilike ${like}`;
  const users = await db<UserRow[]>`
    select * from auth.users where coalesce(email, '') ilike ${like}
    order by created_at desc, id limit ${size} offset ${(page - 1) * size}`;
  const total = totals[0]?.total ?? 0;
  const last = Math.max(1, Math.ceil(total / size));
  const links = [`<${pageUrl(url, last)}>; rel="last"`];
  if (page < last) links.unshift(`<${pageUrl(url, page + 1)}>; rel="next"`);
  return json(200, { users: await presentAll(db, users), aud: "authenticated" }, {
    "x-total-count": String(total),
    link: links.join(", "),
  });
}

/** `GET /admin/users/{id}`. */
export async function showUser({ db, id }: Context): Promise<Response> {
  return json(200, await present(db, await wanted(db, id)));
}

/** `PUT /admin/users/{id}`. */
export async function updateUser(context: Context): Promise<Response> {
  const { settings, db, id } = context;
  const given = await body(context.request);
  const email = given.email ? cleanEmail(given.email) : undefined;
  const password = text(given.password, "password");
  const encrypted = text(given.password_hash, "password_hash") ??
    (password ? await hashed(password, settings) : undefined);
  const metadata = object(given.user_metadata, "user_metadata");
  const changes = privileged(given);
  const user = await within(db, async (sql) => {
    let now = await wanted(sql, id, true);
    if (email !== undefined && email !== now.email) {
      if (await findByEmail(sql, email)) throw emailExists();
      now = await changeEmail(sql, now, email, given.email_confirm === true);
    }
    const plain: Changes = {};
    if (encrypted !== undefined) now = await changePassword(sql, now, encrypted, undefined);
    if (metadata) plain.raw_user_meta_data = merged(now.raw_user_meta_data, metadata);
    if (Object.keys(plain).length) now = await update(sql, id, plain);
    return await present(sql, await applied(sql, now, changes));
  }).catch((error) => {
    throw databaseError(error, "updating user");
  });
  return json(200, user);
}

/** `DELETE /admin/users/{id}`; with `should_soft_delete` the row stays, and tells of nobody. */
export async function deleteUser(context: Context): Promise<Response> {
  const { db, id } = context;
  const given = await body(context.request);
  await within(db, async (sql) => {
    const user = await wanted(sql, id, true);
    if (given.should_soft_delete !== true) {
      await sql`delete from auth.users where id = ${user.id}`;
      return;
    }
    await sql`delete from auth.sessions where user_id = ${user.id}`;
    await sql`delete from auth.identities where user_id = ${user.id}`;
    await update(sql, user.id, {
      email: `${crypto.randomUUID()}@deleted.invalid`,
      encrypted_password: null,
      confirmation_token: null,
      recovery_token: null,
      email_change: null,
      email_change_token_new: null,
      email_change_token_current: null,
      raw_app_meta_data: {},
      raw_user_meta_data: {},
      deleted_at: new Date(),
    });
  }).catch((error) => {
    throw databaseError(error, "deleting user");
  });
  return json(200, {});
}

interface Privileged {
  confirm: boolean;
  changes: Changes;
  app_metadata: Metadata | undefined;
}

/** What a body sets that no user may set for themselves. Throws AuthError. */
function privileged(given: Metadata): Privileged {
  const changes: Changes = {};
  const role = text(given.role, "role");
  if (role) changes.role = role;
  const ban = text(given.ban_duration, "ban_duration");
  if (ban) changes.banned_until = ban === "none" ? null : new Date(Date.now() + duration(ban));
  return {
    confirm: given.email_confirm === true,
    changes,
    app_metadata: object(given.app_metadata, "app_metadata"),
  };
}

async function applied(sql: Sql, user: UserRow, asked: Privileged): Promise<UserRow> {
  let now = user;
  const changes = { ...asked.changes };
  if (asked.app_metadata) {
    changes.raw_app_meta_data = merged(now.raw_app_meta_data, asked.app_metadata);
  }
  if (Object.keys(changes).length) now = await update(sql, now.id, changes);
  if (asked.confirm && !now.email_confirmed_at) now = await confirmEmail(sql, now);
  return now;
}

async function wanted(sql: Sql, id: string, lock = false): Promise<UserRow> {
  if (!isUuid(id)) throw validation("user_id must be an UUID");
  const user = await findById(sql, id, lock);
  if (user === null) throw userNotFound();
  return user;
}

const LAST_MOMENT = Date.UTC(9999, 11, 31);
const UNITS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** A duration as Go writes it (`24h`, `1h30m`), in milliseconds. Throws AuthError. */
export function duration(given: string): number {
  if (!/^(\d+(\.\d+)?(ms|s|m|h))+$/.test(given)) {
    throw validation(`invalid format for ban duration: ${JSON.stringify(given)} is no duration`);
  }
  let total = 0;
  for (const [, number, unit] of given.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)) {
    total += Number(number) * (UNITS[unit ?? ""] ?? 0);
  }
  if (!(Date.now() + total < LAST_MOMENT)) {
    throw validation(`invalid format for ban duration: ${JSON.stringify(given)} has no end`);
  }
  return total;
}

const MOST = 1_000_000_000;

function count(given: string | null, name: string, otherwise: number): number {
  if (given === null || given === "") return otherwise;
  const number = Number(given);
  if (!Number.isInteger(number) || number < 0 || number > MOST) {
    throw validation(`Bad Pagination Parameters: ${name}`);
  }
  return number || otherwise;
}

function pageUrl(url: URL, page: number): string {
  const target = new URL(url);
  target.searchParams.set("page", String(page));
  return `/admin/users${target.search}`;
}
