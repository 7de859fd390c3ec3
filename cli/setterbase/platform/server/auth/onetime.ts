// Giving out one-time tokens by kind, and taking them back.

import type { AuthSettings } from "./config.ts";
import type { Sql, UserRow } from "./db.ts";
import { AuthError, banned, otpExpired } from "./errors.ts";
import { deliver } from "./mail.ts";
import { hashOf, inTime, type OneTime, oneTime } from "./tokens.ts";
import { changeEmail, confirmEmail, isBanned, update } from "./users.ts";

export type Kind = "signup" | "invite" | "magiclink" | "recovery" | "email_change" | "email";

/** The columns that hold a token of each kind, and when it was sent. */
const COLUMNS = {
  signup: ["confirmation_token", "confirmation_sent_at"],
  invite: ["confirmation_token", "confirmation_sent_at"],
  magiclink: ["recovery_token", "recovery_sent_at"],
  recovery: ["recovery_token", "recovery_sent_at"],
} as const;

type TokenColumn =
  | "confirmation_token"
  | "recovery_token"
  | "email_change_token_new"
  | "email_change_token_current";

const SUBJECTS: Record<Kind, string> = {
  signup: "Confirm your signup",
  invite: "You have been invited",
  magiclink: "Your magic link",
  recovery: "Reset your password",
  email_change: "Confirm the change of your e-mail",
  email: "Your magic link",
};

/** A fresh token of `user`, stored; the link of an earlier one of its kind is worth nothing now. */
export async function give(
  sql: Sql,
  settings: AuthSettings,
  user: UserRow,
  kind: keyof typeof COLUMNS,
): Promise<{ user: UserRow; token: OneTime }> {
  const token = oneTime(user.email ?? "", settings);
  const [column, sentAt] = COLUMNS[kind];
  return {
    user: await update(sql, user.id, { [column]: token.hash, [sentAt]: new Date() }),
    token,
  };
}

/** Where a link for `hash` leads: the gateway, which sends the browser on. */
export function linkOf(
  settings: AuthSettings,
  kind: Kind,
  hash: string,
  redirectTo: string,
): string {
  const parameters = new URLSearchParams({ token: hash, type: kind, redirect_to: redirectTo });
  return `${settings.api_url}/auth/v1/verify?${parameters}`;
}

/** Write the mail with code and link. */
export async function mail(
  settings: AuthSettings,
  to: string,
  kind: Kind,
  token: OneTime,
  redirectTo: string,
  prefix = "",
): Promise<void> {
  const link = linkOf(settings, kind, prefix + token.hash, redirectTo);
  await deliver(settings, {
    to,
    subject: SUBJECTS[kind],
    text: `Your code: ${token.otp}\n\nOr follow this link: ${link}`,
  });
}

/** A change of e-mail: a token to the new address and, where the project asks, to the old one. */
export async function giveEmailChange(
  sql: Sql,
  settings: AuthSettings,
  user: UserRow,
  email: string,
): Promise<{ user: UserRow; fresh: OneTime; current: OneTime | null }> {
  const fresh = oneTime(email, settings);
  const both = settings.double_confirm_changes && Boolean(user.email);
  const current = both ? oneTime(user.email ?? "", settings) : null;
  const changed = await update(sql, user.id, {
    email_change: email,
    email_change_token_new: fresh.hash,
    email_change_token_current: current?.hash ?? null,
    email_change_sent_at: new Date(),
    email_change_confirm_status: 0,
  });
  return { user: changed, fresh, current };
}

/** What somebody shows to prove a mail address: the hash of a link, or the code and the address. */
export type Proof = { hash: string } | { email: string; otp: string };

/** The user of a token, which is used up by this. `pending`: the other address is still to come. */
export async function take(
  sql: Sql,
  settings: AuthSettings,
  kind: Kind,
  proof: Proof,
): Promise<{ user: UserRow; pending: boolean }> {
  const hash = "hash" in proof ? proof.hash : hashOf(proof.email, proof.otp);
  const found = await owner(sql, kind, hash);
  if (!found) throw otpExpired();
  const { user, column } = found;
  if (user.deleted_at !== null) throw otpExpired();
  if (isBanned(user)) throw banned();
  if (kind === "email_change") return await takeEmailChange(sql, settings, user, column);
  const sentAt = column === "confirmation_token"
    ? user.confirmation_sent_at
    : user.recovery_sent_at;
  if (!inTime(sentAt, settings)) throw otpExpired();
  const used = await update(sql, user.id, { [column]: null });
  return { user: used.email_confirmed_at ? used : await confirmEmail(sql, used), pending: false };
}

async function takeEmailChange(
  sql: Sql,
  settings: AuthSettings,
  user: UserRow,
  column: TokenColumn,
): Promise<{ user: UserRow; pending: boolean }> {
  if (!user.email_change || !inTime(user.email_change_sent_at, settings)) throw otpExpired();
  const other = column === "email_change_token_new"
    ? user.email_change_token_current
    : user.email_change_token_new;
  if (other) {
    const half = await update(sql, user.id, { [column]: null, email_change_confirm_status: 1 });
    return { user: half, pending: true };
  }
  return { user: await changeEmail(sql, user, user.email_change, true), pending: false };
}

async function owner(
  sql: Sql,
  kind: Kind,
  hash: string,
): Promise<{ user: UserRow; column: TokenColumn } | null> {
  const columns: TokenColumn[] = kind === "email_change"
    ? ["email_change_token_new", "email_change_token_current"]
    : kind === "email"
    ? ["confirmation_token", "recovery_token"]
    : kind in COLUMNS
    ? [COLUMNS[kind][0]]
    : [];
  if (!columns.length) {
    throw new AuthError(400, "validation_failed", "Invalid email verification type");
  }
  for (const column of columns) {
    const rows = await sql<UserRow[]>`
      select * from auth.users where ${sql(column)} = ${hash} and length(${hash}) > 6 for update`;
    if (rows[0]) return { user: rows[0], column };
  }
  return null;
}
