// Asking for a mail: a magic link, a recovery, another confirmation; and following its link.

import { json } from "../shared/part.ts";
import { body, type Context, object, text } from "./context.ts";
import { within } from "./db.ts";
import { AuthError, databaseError, validation } from "./errors.ts";
import { give, type Kind, mail, take } from "./onetime.ts";
import { challenge, codeFor, PREFIX } from "./pkce.ts";
import { allowed, withFragment, withQuery } from "./redirects.ts";
import { begin, type Method } from "./sessions.ts";
import { cleanEmail, create, findByEmail } from "./users.ts";

/** `POST /otp` and `/magiclink`: a code and a link; an unknown address becomes a user. */
export async function otp(context: Context): Promise<Response> {
  const { settings, db } = context;
  const given = await body(context.request);
  if (given.phone) throw new AuthError(400, "phone_provider_disabled", "Phone logins are disabled");
  const email = cleanEmail(given.email);
  const pkce = challenge(given);
  const redirectTo = allowed(settings, context.url.searchParams.get("redirect_to"));
  await within(db, async (sql) => {
    let user = await findByEmail(sql, email);
    if (user === null) {
      if (given.create_user === false || !settings.enable_signup) {
        throw new AuthError(422, "otp_disabled", "Signups not allowed for otp");
      }
      const metadata = object(given.data, "data") ?? {};
      user = await create(sql, {
        email,
        encrypted_password: null,
        user_metadata: metadata,
        by_themselves: true,
      });
    }
    const prefix = await pkce.keep(sql, user.id, "magiclink");
    const { token } = await give(sql, settings, user, "magiclink");
    await mail(settings, email, "magiclink", token, redirectTo, prefix);
  }).catch((error) => {
    throw databaseError(error, "saving new user");
  });
  return json(200, {});
}

/** `POST /recover`: the same answer whether the address is known or not. */
export async function recover(context: Context): Promise<Response> {
  const { settings, db } = context;
  const given = await body(context.request);
  const email = cleanEmail(given.email);
  const pkce = challenge(given);
  const redirectTo = allowed(settings, context.url.searchParams.get("redirect_to"));
  await within(db, async (sql) => {
    const user = await findByEmail(sql, email);
    if (user === null) return;
    const prefix = await pkce.keep(sql, user.id, "recovery");
    const { token } = await give(sql, settings, user, "recovery");
    await mail(settings, email, "recovery", token, redirectTo, prefix);
  });
  return json(200, {});
}

/** `POST /resend`: the confirmation of a signup once more. */
export async function resend(context: Context): Promise<Response> {
  const { settings, db } = context;
  const given = await body(context.request);
  if (given.type !== "signup") throw validation("Type provided is not supported: signup alone is");
  const email = cleanEmail(given.email);
  const pkce = challenge(given);
  const redirectTo = allowed(settings, context.url.searchParams.get("redirect_to"));
  await within(db, async (sql) => {
    const user = await findByEmail(sql, email);
    if (user === null || user.email_confirmed_at !== null) return;
    const prefix = await pkce.keep(sql, user.id, "email/signup");
    const { token } = await give(sql, settings, user, "signup");
    await mail(settings, email, "signup", token, redirectTo, prefix);
  });
  return json(200, {});
}

/** `POST /verify`: a code with its address, or the hash of a link, for a session. */
export async function verifyCode(context: Context): Promise<Response> {
  const { settings, db, jwt } = context;
  const given = await body(context.request);
  const kind = kindOf(given.type);
  const hash = text(given.token_hash, "token_hash");
  const code = text(given.token, "token");
  if (!hash && !code) throw validation("Verify requires a token or a token hash");
  if (!hash && !given.email) throw validation("Only an email address is supported with a token");
  const proof = hash
    ? { hash: hash.replace(PREFIX, "") }
    : { email: cleanEmail(given.email), otp: code ?? "" };
  const answer = await within(db, async (sql) => {
    const { user, pending } = await take(sql, settings, kind, proof);
    if (pending) return HALFWAY;
    return await begin(sql, jwt, settings, user, methodOf(kind));
  });
  return json(200, answer);
}

/** `GET /verify`: a link of a mail; the browser is sent on with a session, a code or an error. */
export async function verifyLink(context: Context): Promise<Response> {
  const { settings, db, jwt, url } = context;
  const redirectTo = allowed(settings, url.searchParams.get("redirect_to"));
  const given = url.searchParams.get("token") ?? url.searchParams.get("token_hash") ?? "";
  try {
    const kind = kindOf(url.searchParams.get("type"));
    if (!given) throw validation("Verify requires a token or a token hash");
    const pkce = given.startsWith(PREFIX);
    const hash = pkce ? given.slice(PREFIX.length) : given;
    const target = await within(db, async (sql) => {
      const { user, pending } = await take(sql, settings, kind, { hash });
      if (pending) return withFragment(redirectTo, { message: HALFWAY.msg });
      if (pkce) {
        return withQuery(redirectTo, { code: await codeFor(sql, user.id, methodOf(kind)) });
      }
      const session = await begin(sql, jwt, settings, user, methodOf(kind));
      return withFragment(redirectTo, {
        access_token: session.access_token,
        expires_at: String(session.expires_at),
        expires_in: String(session.expires_in),
        refresh_token: session.refresh_token,
        token_type: "bearer",
        type: kind,
      });
    });
    return seeOther(target);
  } catch (error) {
    if (!(error instanceof AuthError)) throw error;
    return seeOther(withFragment(redirectTo, {
      error: error.status < 500 ? "access_denied" : "server_error",
      error_code: error.code,
      error_description: error.code === "otp_expired"
        ? "Email link is invalid or has expired"
        : error.message,
    }));
  }
}

const HALFWAY = {
  msg: "Confirmation link accepted. Please proceed to confirm link sent to the other email",
  code: 200,
};

const KINDS = ["signup", "invite", "magiclink", "recovery", "email_change", "email"];

function kindOf(given: unknown): Kind {
  if (typeof given !== "string" || !given) throw validation("Verify requires a verification type");
  if (!KINDS.includes(given)) throw validation("Invalid email verification type");
  return given as Kind;
}

/** The same name as the flow of a PKCE challenge was kept under. */
function methodOf(kind: Kind): Method {
  const methods: Partial<Record<Kind, Method>> = {
    signup: "email/signup",
    invite: "invite",
    magiclink: "magiclink",
    recovery: "recovery",
  };
  return methods[kind] ?? "otp";
}

function seeOther(location: string): Response {
  return new Response(null, { status: 303, headers: { location } });
}
