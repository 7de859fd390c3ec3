// POST {email, name, specialty, timezone?}: a coach with their auth user, tenant and membership, and
// the link by which they set a password. Tenant and membership are made by the database, in the
// transaction that makes the user (sql/10_tenancy/40_triggers.sql).

import { boundedText, json, preflight, problem } from "../_shared/http.ts";
import { type Draft, type Fields, read } from "./input.ts";

export interface Caller {
  id: string;
  isPlatformAdmin: boolean;
}

/** The auth service refused: `status` as it answered, or as the database asked it to answer. */
export class Refusal extends Error {
  constructor(readonly status: number, message: string, readonly emailExists = false) {
    super(message);
  }
}

export interface Dependencies {
  isSecretKey(key: string): Promise<boolean>;
  /** Whose token this is; null when it is nobody's (any more). Throws when nobody can tell. */
  whoIs(token: string): Promise<Caller | null>;
  /** Makes user, tenant and membership, all or nothing; all have this id. Throws Refusal. */
  createCoach(id: string, draft: Draft): Promise<void>;
  /** A recovery link for this address. */
  recoveryLink(email: string): Promise<string>;
  /** Takes the user out again, and with it a tenant in which nothing has happened. Nobody of this
   * id is no error. */
  deleteUser(id: string): Promise<void>;
  /** One line for the operator. Never a link, a key, a token or an address. */
  log(line: string): void;
}

const LIMIT = 16 * 1024;
const TRIES = 3;

export async function handle(request: Request, its: Dependencies): Promise<Response> {
  if (request.method === "OPTIONS") return preflight();
  if (request.method !== "POST") {
    return problem(405, "method_not_allowed", "Use POST.", {}, { Allow: "POST, OPTIONS" });
  }
  try {
    return await stranger(request, its) ?? await provision(request, its);
  } catch (error) {
    its.log(`create-coach failed: ${words(error)}`);
    return problem(500, "unexpected_failure", "Something failed; nothing was made. Try again.");
  }
}

/** The answer to whoever may not do this; undefined for those who may. */
async function stranger(request: Request, its: Dependencies): Promise<Response | undefined> {
  const bearer = request.headers.get("Authorization")?.match(/^Bearer\s+(\S+)\s*$/i)?.[1];
  // A user's token outranks the key beside it.
  const credential = bearer ?? request.headers.get("apikey");
  if (credential && await its.isSecretKey(credential)) return undefined;
  const caller = bearer ? await its.whoIs(bearer) : null;
  if (caller === null) {
    return problem(
      401,
      "unauthorized",
      "Send the secret key, or the token of a platform admin.",
      {},
      { "WWW-Authenticate": "Bearer" },
    );
  }
  if (caller.isPlatformAdmin) return undefined;
  return problem(403, "forbidden", "Only platform admins may create coaches.");
}

async function provision(request: Request, its: Dependencies): Promise<Response> {
  const text = await boundedText(request, LIMIT);
  if (text === null) return problem(413, "too_large", `At most ${LIMIT} bytes.`);
  const asked = read(text);
  if ("fields" in asked) return invalid(asked.fields);
  // Chosen here, so that a coach can be taken out again of whom no answer ever came.
  const id = crypto.randomUUID();
  try {
    await its.createCoach(id, asked.draft);
  } catch (error) {
    if (error instanceof Refusal) {
      if (error.emailExists || error.status === 409) {
        return problem(409, "email_exists", "A user or coach with this e-mail exists already.");
      }
      // What auth service or database refused and this function did not foresee, field by field.
      if (error.status === 400 || error.status === 422) return invalid(fieldsOf(error.message));
    }
    its.log(`create-coach could not make ${id}: ${words(error)}`);
    return await undo(id, its, "create_failed", "The coach could not be made");
  }
  try {
    return json(201, { coach_id: id, magic_link: await its.recoveryLink(asked.draft.email) });
  } catch (error) {
    its.log(`create-coach made ${id} but no link: ${words(error)}`);
    return await undo(id, its, "link_failed", "No link could be made, so no coach was");
  }
}

async function undo(id: string, its: Dependencies, error: string, what: string) {
  for (let left = TRIES; left > 0; left--) {
    try {
      await its.deleteUser(id);
      return problem(502, error, `${what}; nothing of it is left. Try again.`);
    } catch (error) {
      its.log(`create-coach could not take ${id} out again: ${words(error)}`);
    }
  }
  return problem(500, "rollback_failed", `${what}, and what there is of it must go by hand.`, {
    coach_id: id,
  });
}

function invalid(fields: Fields) {
  return problem(422, "invalid_input", "Some fields are off; nothing was made.", { fields });
}

/** «name: is missing; timezone: is no time zone», as the database says it. */
function fieldsOf(message: string): Fields {
  // The auth service's own words, on every platform; it is stricter than input.ts.
  if (/\bemail address\b/i.test(message)) return { email: "is no e-mail address" };
  const parts = message.split("; ").map((part) => part.match(/^(\w+): (.+)$/));
  if (parts.some((part) => part === null)) return { body: message };
  return Object.fromEntries(parts.map((part) => [part![1]!, part![2]!]));
}

/** What an error says, without the addresses and tokens that a library might quote in it. */
function words(error: unknown): string {
  const said = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return said
    .replace(/\b\w+:\/\/\S+/g, "[link]")
    .replace(/[^\s@]+@[^\s@]+/g, "[e-mail]")
    .replace(/\b(sb_secret_|sb_publishable_|eyJ)[\w.-]+/g, "[key]");
}
