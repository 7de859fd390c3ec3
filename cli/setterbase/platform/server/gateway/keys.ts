// Which role an API key stands for, and whose token goes on to the part behind.

import { bearer } from "../shared/jwt.ts";
import type { Sent } from "./sent.ts";

export interface Keys {
  publishable_key: string;
  secret_key: string;
  anon_key: string;
  service_role_key: string;
}

export interface Caller {
  role: "anon" | "service_role";
  /** The token for the part behind: a user's own, else the one that the key stands for. */
  token: string;
}

export interface Refusal {
  status: 401;
  code: string;
  body: { message: string; hint?: string };
}

const BROWSER = /^\s*Mozilla\s*\/\s*5\s*\.\s*0/i;

/**
 * Who asks, from the `apikey` header or URL parameter; a user's token in Authorization outranks
 * the key, and is checked by the part that it goes to. Refusals are worded as hosted words them.
 */
export function identify(keys: Keys, headers: Sent, url: URL): Caller | Refusal {
  const key = headers.get("apikey") ?? url.searchParams.get("apikey");
  if (!key) {
    return refusal("UNAUTHORIZED_MISSING_API_KEY", {
      message: "No API key found in request",
      hint: "No `apikey` request header or url param was found.",
    });
  }
  const role = roleOf(keys, key);
  if (role === null) {
    return refusal("UNAUTHORIZED_INVALID_API_KEY", {
      message: "Invalid API key",
      hint: "Double check your Supabase `anon` or `service_role` API key.",
    });
  }
  if (same(key, keys.secret_key) && BROWSER.test(headers.get("user-agent") ?? "")) {
    return refusal("UNAUTHORIZED_INVALID_API_KEY_TYPE", {
      message: "Forbidden use of secret API key in browser",
    });
  }
  const given = bearer(headers);
  const own = given !== null && given !== key && !given.startsWith("sb_");
  return { role, token: own ? given : tokenOf(keys, role) };
}

/** The role of a key; null for one that is none of ours. */
export function roleOf(keys: Keys, key: string): Caller["role"] | null {
  if (same(key, keys.publishable_key) || same(key, keys.anon_key)) return "anon";
  if (same(key, keys.secret_key) || same(key, keys.service_role_key)) return "service_role";
  return null;
}

export function tokenOf(keys: Keys, role: Caller["role"]): string {
  return role === "anon" ? keys.anon_key : keys.service_role_key;
}

function refusal(code: string, body: Refusal["body"]): Refusal {
  return { status: 401, code, body };
}

/** Compared in a time that does not tell where two keys begin to differ. */
function same(one: string, other: string): boolean {
  let difference = one.length ^ other.length;
  for (let i = 0; i < one.length; i++) difference |= one.charCodeAt(i) ^ other.charCodeAt(i);
  return difference === 0;
}
