// Tokens: HS256 with the secret of this platform.

import { jwtVerify, SignJWT } from "jose";

export interface Claims {
  sub?: string;
  role?: string;
  session_id?: string;
  exp?: number;
  [claim: string]: unknown;
}

/** Signs and reads the tokens of one secret. */
export class Jwt {
  readonly #key: Uint8Array;

  constructor(secret: string) {
    this.#key = new TextEncoder().encode(secret);
  }

  sign(claims: Claims): Promise<string> {
    return new SignJWT(claims).setProtectedHeader({ alg: "HS256", typ: "JWT" }).sign(this.#key);
  }

  /** The claims of a token that is ours and in its time; null for any other. */
  async read(token: string): Promise<Claims | null> {
    try {
      const { payload } = await jwtVerify(token, this.#key, { algorithms: ["HS256"] });
      return payload as Claims;
    } catch {
      return null; // malformed, expired, somebody else's: nobody, whichever it is
    }
  }
}

/** What stands behind `Bearer` in an Authorization header. */
export function bearer(headers: { get(name: string): string | null | undefined }): string | null {
  return headers.get("authorization")?.match(/^Bearer\s+(\S+)\s*$/i)?.[1] ?? null;
}
