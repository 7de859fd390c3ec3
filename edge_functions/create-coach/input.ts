// What a request may ask for. The database checks the same again; here every field that is off is
// named at once, before anything is made.

export interface Draft {
  email: string;
  name: string;
  specialty: string;
  timezone?: string;
}

export type Fields = Record<string, string>;

export const LONGEST = 200;
const LONGEST_EMAIL = 255;
const REQUIRED = ["email", "name", "specialty"];
const KNOWN = [...REQUIRED, "timezone"];

/** The draft, or what is wrong with each field. */
export function read(text: string): { draft: Draft } | { fields: Fields } {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return { fields: { body: "is no JSON" } };
  }
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    return { fields: { body: "must be an object" } };
  }
  const given = body as Record<string, unknown>;
  const fields: Fields = {};
  const values: Record<string, string> = {};
  for (const name of Object.keys(given)) {
    if (!KNOWN.includes(name)) fields[name] = "is not expected";
  }
  for (const name of KNOWN) {
    const value = given[name] ?? null;
    if (value === null) {
      if (REQUIRED.includes(name)) fields[name] = "is missing";
      continue;
    }
    const problem = typeof value === "string" ? check(name, value.trim()) : "must be a text";
    if (problem) fields[name] = problem;
    else values[name] = (value as string).trim();
  }
  if (Object.keys(fields).length > 0) return { fields };
  return { draft: { ...values, email: values.email!.toLowerCase() } as unknown as Draft };
}

function check(name: string, value: string): string | undefined {
  if (value === "") return "is empty";
  // No text of PostgreSQL holds a NUL, or half of a surrogate pair.
  if (value.includes("\0") || !value.isWellFormed()) return "holds what cannot be stored";
  if (name === "timezone") {
    return isTimeZone(value) ? undefined : "is no time zone, such as Europe/Paris";
  }
  if (name === "email") {
    if ([...value].length > LONGEST_EMAIL) return `is longer than ${LONGEST_EMAIL} characters`;
    return /^[^@\s]+@[^@\s]+$/.test(value) ? undefined : "is no e-mail address";
  }
  return [...value].length > LONGEST ? `is longer than ${LONGEST} characters` : undefined;
}

/** Names of zones alone: an offset such as +02:00 knows no summer. */
function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z_]+(\/[A-Za-z0-9_+-]+)*$/.test(name)) return false;
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
