// Users and their identities: finding, making, changing, and how clients see them.

import { AuthError, emailExists } from "./errors.ts";
import type { IdentityRow, Metadata, Sql, UserRow } from "./db.ts";

const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** An e-mail as it is kept: without case and outer blanks. */
export function cleanEmail(given: unknown): string {
  const email = typeof given === "string" ? given.trim().toLowerCase() : "";
  if (!EMAIL.test(email) || email.length > 255) {
    throw new AuthError(
      400,
      "validation_failed",
      "Unable to validate email address: invalid format",
    );
  }
  return email;
}

export function isUuid(text: string): boolean {
  return UUID.test(text);
}

export async function findByEmail(sql: Sql, email: string): Promise<UserRow | null> {
  const rows = await sql<UserRow[]>`
    select * from auth.users where email = ${email} and not is_sso_user and deleted_at is null`;
  return rows[0] ?? null;
}

/** The row, locked until the transaction ends with `lock`. */
export async function findById(sql: Sql, id: string, lock = false): Promise<UserRow | null> {
  const rows = await sql<UserRow[]>`
    select * from auth.users where id = ${id} ${lock ? sql`for update` : sql``}`;
  return rows[0] ?? null;
}

export interface NewUser {
  id?: string;
  email: string;
  encrypted_password: string | null;
  user_metadata: Metadata;
  invited?: boolean;
  /** Signed up, not made by an admin: the metadata tells the address, too, as on hosted. */
  by_themselves?: boolean;
}

/** Insert a user and the identity of the e-mail provider. */
export async function create(sql: Sql, user: NewUser): Promise<UserRow> {
  const id = user.id ?? crypto.randomUUID();
  const seen = { sub: id, email: user.email, email_verified: false, phone_verified: false };
  try {
    await sql`
      insert into auth.users (
        id, email, encrypted_password, invited_at, raw_app_meta_data, raw_user_meta_data
      )
      values (
        ${id}, ${user.email}, ${user.encrypted_password}, ${user.invited ? new Date() : null},
        ${sql.json({ provider: "email", providers: ["email"] })},
        ${sql.json(user.by_themselves ? { ...user.user_metadata, ...seen } : user.user_metadata)}
      )`;
    await sql`
      insert into auth.identities (
        id, provider, provider_id, user_id, identity_data, last_sign_in_at
      )
      values (
        ${crypto.randomUUID()}, 'email', ${id}, ${id},
        ${sql.json({ ...(user.by_themselves ? user.user_metadata : {}), ...seen })}, now()
      )`;
  } catch (error) {
    throw taken(error) ? emailExists() : error;
  }
  return await existing(sql, id);
}

/** A user's columns by name; the id of who is changed is not among them. */
export type Changes = Partial<Omit<UserRow, "id" | "confirmed_at">>;

export async function update(sql: Sql, id: string, changes: Changes): Promise<UserRow> {
  const values: Record<string, unknown> = { ...changes, updated_at: new Date() };
  for (const column of ["raw_app_meta_data", "raw_user_meta_data"] as const) {
    const value = changes[column];
    if (value) values[column] = sql.json(value);
  }
  try {
    await sql`update auth.users set ${sql(values)} where id = ${id}`;
  } catch (error) {
    throw taken(error) ? emailExists() : error;
  }
  return await existing(sql, id);
}

/** Metadata with changes merged in; a null takes a key out. */
export function merged(before: Metadata | null, changes: Metadata): Metadata {
  const after: Metadata = { ...before };
  for (const [key, value] of Object.entries(changes)) {
    if (value === null) delete after[key];
    else after[key] = value;
  }
  return after;
}

/** The e-mail counts as the user's own from now on. */
export async function confirmEmail(sql: Sql, user: UserRow): Promise<UserRow> {
  await sql`
    update auth.identities
    set
      identity_data = identity_data || ${sql.json({ email: user.email, email_verified: true })},
      updated_at = now()
    where user_id = ${user.id} and provider = 'email'`;
  return await update(sql, user.id, {
    email_confirmed_at: user.email_confirmed_at ?? new Date(),
    confirmation_token: null,
    raw_user_meta_data: merged(user.raw_user_meta_data, { email_verified: true }),
  });
}

/** Give a user another e-mail, which counts as confirmed or not. */
export async function changeEmail(
  sql: Sql,
  user: UserRow,
  email: string,
  confirmed: boolean,
): Promise<UserRow> {
  const seen = { email, email_verified: confirmed };
  const changed = await update(sql, user.id, {
    email,
    email_confirmed_at: confirmed ? new Date() : user.email_confirmed_at,
    email_change: "",
    email_change_token_new: null,
    email_change_token_current: null,
    email_change_confirm_status: 0,
    raw_user_meta_data: merged(user.raw_user_meta_data, seen),
  });
  await sql`
    update auth.identities
    set identity_data = identity_data || ${sql.json(seen)}, updated_at = now()
    where user_id = ${user.id} and provider = 'email'`;
  return changed;
}

export function isBanned(user: UserRow): boolean {
  return user.banned_until !== null && user.banned_until.getTime() > Date.now();
}

/** A user as clients see them. */
export async function present(sql: Sql, user: UserRow): Promise<Metadata> {
  return (await presentAll(sql, [user]))[0]!;
}

export async function presentAll(sql: Sql, users: UserRow[]): Promise<Metadata[]> {
  const identities = await sql<IdentityRow[]>`
    select * from auth.identities
    where user_id = any(${users.map((user) => user.id)}::uuid[]) order by created_at, id`;
  return users.map((user) =>
    shown(user, identities.filter((identity) => identity.user_id === user.id))
  );
}

/** Times are RFC 3339; those that never were are left out, as hosted leaves them out. */
export function shown(user: UserRow, identities: IdentityRow[]): Metadata {
  const times = {
    invited_at: user.invited_at,
    email_confirmed_at: user.email_confirmed_at,
    confirmed_at: user.confirmed_at,
    confirmation_sent_at: user.confirmation_sent_at,
    recovery_sent_at: user.recovery_sent_at,
    email_change_sent_at: user.email_change_sent_at,
    reauthentication_sent_at: user.reauthentication_sent_at,
    last_sign_in_at: user.last_sign_in_at,
    banned_until: user.banned_until,
    deleted_at: user.deleted_at,
  };
  return {
    id: user.id,
    aud: user.aud ?? "",
    role: user.role ?? "",
    email: user.email ?? "",
    phone: user.phone ?? "",
    ...(user.email_change ? { new_email: user.email_change } : {}),
    ...Object.fromEntries(Object.entries(times).filter(([, time]) => time !== null)),
    app_metadata: user.raw_app_meta_data ?? {},
    user_metadata: user.raw_user_meta_data ?? {},
    identities: identities.map((identity) => ({
      identity_id: identity.id,
      id: identity.provider_id,
      user_id: identity.user_id,
      identity_data: identity.identity_data,
      provider: identity.provider,
      last_sign_in_at: identity.last_sign_in_at,
      created_at: identity.created_at,
      updated_at: identity.updated_at,
      ...(identity.email ? { email: identity.email } : {}),
    })),
    created_at: user.created_at,
    updated_at: user.updated_at,
    is_anonymous: user.is_anonymous,
  };
}

/** The columns of somebody of whom nothing is known. */
export const BLANK: Omit<UserRow, "id" | "created_at" | "updated_at"> = {
  aud: null,
  role: null,
  email: null,
  encrypted_password: null,
  phone: null,
  email_confirmed_at: null,
  confirmed_at: null,
  invited_at: null,
  confirmation_token: null,
  confirmation_sent_at: null,
  recovery_token: null,
  recovery_sent_at: null,
  email_change: null,
  email_change_token_new: null,
  email_change_token_current: null,
  email_change_sent_at: null,
  email_change_confirm_status: 0,
  reauthentication_token: null,
  reauthentication_sent_at: null,
  raw_app_meta_data: null,
  raw_user_meta_data: null,
  banned_until: null,
  deleted_at: null,
  is_anonymous: false,
  last_sign_in_at: null,
};

async function existing(sql: Sql, id: string): Promise<UserRow> {
  const user = await findById(sql, id);
  if (user === null) throw new Error(`the user ${id} is gone within its own transaction`);
  return user;
}

function taken(error: unknown): boolean {
  const { code, constraint_name } = error as { code?: string; constraint_name?: string };
  return code === "23505" && constraint_name === "users_email_partial_key";
}
