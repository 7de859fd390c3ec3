// Passwords: bcrypt, as hosted stores them, so that a user moves over with the password.

import bcrypt from "bcryptjs";
import { AuthError } from "./errors.ts";
import type { AuthSettings } from "./config.ts";

const COST = 10;
const MAX_BYTES = 72; // what bcrypt looks at

/** The hash of a new password. Throws AuthError when it is too weak. */
export async function hashed(password: string, settings: AuthSettings): Promise<string> {
  const least = settings.minimum_password_length;
  if (password.length < least) {
    throw new AuthError(
      422,
      "weak_password",
      `Password should be at least ${least} characters.`,
      { weak_password: { reasons: ["length"] } },
    );
  }
  if (new TextEncoder().encode(password).length > MAX_BYTES) {
    throw new AuthError(
      422,
      "validation_failed",
      `Password cannot be longer than ${MAX_BYTES} characters`,
    );
  }
  return await bcrypt.hash(password, COST);
}

/** Whether `password` is the one of `hash`; it takes as long for a user who has none. */
export async function matches(password: string, hash: string | null): Promise<boolean> {
  const right = await bcrypt.compare(password, hash || NOBODYS);
  return right && Boolean(hash);
}

const NOBODYS = "$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy";
