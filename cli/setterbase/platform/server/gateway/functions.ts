// What stands before an edge function: `verify_jwt` of supabase/config.toml.

import { bearer, type Jwt } from "../shared/jwt.ts";
import { json } from "../shared/part.ts";
import { type Keys, roleOf, tokenOf } from "./keys.ts";
import type { Sent } from "./sent.ts";

interface FunctionSettings {
  keys: Keys;
  functions: Record<string, { verify_jwt: boolean }>;
}

/**
 * A refusal, or null for a call that may go on. Where a function asks for a token, an opaque key
 * is exchanged for the token that it stands for, as `supabase start` does; elsewhere the headers
 * reach the function as they came.
 */
export async function functionCall(
  given: FunctionSettings,
  jwt: Jwt,
  request: Request,
  url: URL,
  headers: Sent,
): Promise<Response | null> {
  const name = url.pathname.split("/")[3] ?? "";
  // A browser's preflight carries no token; the function answers it.
  if (request.method === "OPTIONS" || given.functions[name]?.verify_jwt === false) return null;
  let token = bearer(headers);
  const key = headers.get("apikey") ?? url.searchParams.get("apikey");
  if (token === null || token.startsWith("sb_")) {
    const role = roleOf(given.keys, key ?? token ?? "");
    token = role && tokenOf(given.keys, role);
    if (token) headers.set("authorization", `Bearer ${token}`);
  }
  if (token === null) return json(401, { code: 401, message: "Missing authorization header" });
  if (await jwt.read(token) === null) return json(401, { code: 401, message: "Invalid JWT" });
  return null;
}
