// One-time tokens: a code that a person types, and the hash of it that a link carries.

import { createHash, randomBytes, randomInt } from "node:crypto";
import type { AuthSettings } from "./config.ts";

export interface OneTime {
  /** What a person types. */
  otp: string;
  /** What is stored, and what stands in the link. */
  hash: string;
}

/** A fresh token for `email`. */
export function oneTime(email: string, settings: AuthSettings): OneTime {
  const digits = Math.min(Math.max(settings.otp_length, 6), 10);
  const otp = randomInt(10 ** digits).toString().padStart(digits, "0");
  return { otp, hash: hashOf(email, otp) };
}

/** The hash by which a typed code is found. */
export function hashOf(email: string, otp: string): string {
  return createHash("sha224").update(email + otp).digest("hex");
}

/** Whether a token sent at `sentAt` may still be used. */
export function inTime(sentAt: Date | null, settings: AuthSettings): boolean {
  return sentAt !== null && sentAt.getTime() + settings.otp_expiry * 1000 > Date.now();
}

/** A refresh token or an authorization code: nothing to guess. */
export function opaque(): string {
  return randomBytes(18).toString("base64url");
}
