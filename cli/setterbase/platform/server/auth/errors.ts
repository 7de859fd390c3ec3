// What went wrong, in the codes and words of the hosted auth service: clients branch on them.

import { json, log } from "../shared/part.ts";

export class AuthError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly details: Record<string, unknown> = {},
    /** What the database said, where hosted hands that on to clients of the older form. */
    readonly database: DatabaseSaid | null = null,
  ) {
    super(message);
  }
}

export const validation = (message: string) => new AuthError(400, "validation_failed", message);
export const badJson = (message: string) => new AuthError(400, "bad_json", message);
export const invalidCredentials = () =>
  new AuthError(400, "invalid_credentials", "Invalid login credentials");
export const banned = (status = 400) => new AuthError(status, "user_banned", "User is banned");
export const userNotFound = () => new AuthError(404, "user_not_found", "User not found");
export const emailExists = () =>
  new AuthError(
    422,
    "email_exists",
    "A user with this email address has already been registered",
  );
export const otpExpired = (message = "Token has expired or is invalid") =>
  new AuthError(403, "otp_expired", message);
export const sessionMissing = () =>
  new AuthError(
    403,
    "session_not_found",
    "Session from session_id claim in JWT does not exist",
  );

interface DatabaseSaid {
  status: number;
  body: { code: string; message: string; hint?: string; detail?: string };
}

// What a trigger raises and what a constraint refuses; a code `PTnnn` sets the status as well.
const TOLD = ["P0001", "23000", "23001", "23502", "23503", "23505", "23514", "23P01"];

function said(error: { code?: string; message?: string; hint?: string; detail?: string }) {
  const { code = "", message = "", hint, detail } = error;
  const status = /^PT[1-5]\d\d$/.test(code) ? Number(code.slice(2)) : 500;
  if (status === 500 && !TOLD.includes(code)) return null;
  return { status, body: { code, message, ...(hint && { hint }), ...(detail && { detail }) } };
}

/** A database error while `doing` something: the caller learns what failed, the log why. */
export function databaseError(error: unknown, doing: string): Error {
  if (error instanceof AuthError) return error;
  const { code, message } = error as { code?: string; message?: string };
  if (typeof code !== "string") return error as Error;
  log(`database error ${doing}: ${code} ${message}`);
  return new AuthError(
    500,
    "unexpected_failure",
    `Database error ${doing}`,
    {},
    said(error as { code: string }),
  );
}

// Clients that name this version or a later one get `code` as a word, others as the status.
const WORDS_SINCE = "2024-01-01";

/** The answer that carries an error. */
export function answerError(error: AuthError, asked: string | null): Response {
  const headers = { "x-sb-error-code": error.code };
  if (asked !== null && asked >= WORDS_SINCE) {
    const body = { code: error.code, message: error.message, ...error.details };
    return json(error.status, body, { ...headers, "x-supabase-api-version": WORDS_SINCE });
  }
  if (error.database) return json(error.database.status, error.database.body, headers);
  const body = {
    code: error.status,
    error_code: error.code,
    msg: error.message,
    ...error.details,
  };
  return json(error.status, body, headers);
}
