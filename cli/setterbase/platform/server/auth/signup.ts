// Becoming a user, and signing in.

import { json } from "../shared/part.ts";
import { body, type Context, object, text } from "./context.ts";
import { type Metadata, within } from "./db.ts";
import { AuthError, banned, databaseError, invalidCredentials, validation } from "./errors.ts";
import { give, mail } from "./onetime.ts";
import { challenge, exchange } from "./pkce.ts";
import { hashed, matches } from "./passwords.ts";
import { allowed } from "./redirects.ts";
import { begin, refresh } from "./sessions.ts";
import {
  BLANK,
  cleanEmail,
  confirmEmail,
  create,
  findByEmail,
  isBanned,
  present,
  shown,
} from "./users.ts";

/** `POST /signup` with an e-mail and a password. */
export async function signup(context: Context): Promise<Response> {
  const { settings, db, jwt } = context;
  const given = await body(context.request);
  if (given.phone) {
    throw new AuthError(400, "phone_provider_disabled", "Phone signups are disabled");
  }
  if (!given.email && !given.password) {
    throw new AuthError(
      422,
      "anonymous_provider_disabled",
      "Anonymous sign-ins are disabled",
    );
  }
  if (!settings.enable_signup || !settings.enable_email_signup) {
    throw new AuthError(422, "signup_disabled", "Signups not allowed for this instance");
  }
  const password = text(given.password, "password");
  if (!password) throw validation("Signup requires a valid password");
  const email = cleanEmail(given.email);
  const metadata = object(given.data, "data") ?? {};
  const encrypted = await hashed(password, settings);
  const pkce = challenge(given);
  const redirectTo = allowed(settings, context.url.searchParams.get("redirect_to"));
  const answer = await within(db, async (sql) => {
    let user = await findByEmail(sql, email);
    if (user && (user.email_confirmed_at || !settings.enable_confirmations)) {
      if (!settings.enable_confirmations) {
        throw new AuthError(422, "user_already_exists", "User already registered");
      }
      return nobody(email, metadata); // whoever asks must not learn that the address is known
    }
    user ??= await create(sql, {
      email,
      encrypted_password: encrypted,
      user_metadata: metadata,
      by_themselves: true,
    });
    if (!settings.enable_confirmations) {
      return await begin(sql, jwt, settings, await confirmEmail(sql, user), "password");
    }
    const prefix = await pkce.keep(sql, user.id, "email/signup");
    const waiting = await give(sql, settings, user, "signup");
    await mail(settings, email, "signup", waiting.token, redirectTo, prefix);
    return await present(sql, waiting.user);
  }).catch((error) => {
    throw databaseError(error, "saving new user");
  });
  return json(200, answer);
}

/** `POST /token`, by password, refresh token or authorization code. */
export async function token(context: Context): Promise<Response> {
  const { settings, db, jwt } = context;
  const given = await body(context.request);
  switch (context.url.searchParams.get("grant_type")) {
    case "password":
      return json(200, await signIn(context, given));
    case "refresh_token": {
      const old = text(given.refresh_token, "refresh_token");
      if (!old) throw validation("refresh_token is not valid");
      return json(200, await refresh(db, jwt, settings, old));
    }
    case "pkce":
      return json(200, await exchange(context, given));
    default:
      throw new AuthError(400, "invalid_credentials", "unsupported_grant_type");
  }
}

async function signIn({ db, jwt, settings }: Context, given: Metadata): Promise<Metadata> {
  const password = text(given.password, "password") ?? "";
  if (given.phone) throw new AuthError(422, "phone_provider_disabled", "Phone logins are disabled");
  if (typeof given.email !== "string" || !given.email) throw validation("missing email or phone");
  const user = await findByEmail(db, given.email.trim().toLowerCase());
  const right = await matches(password, user?.encrypted_password ?? null);
  if (user === null || !right) throw invalidCredentials();
  if (isBanned(user)) throw banned();
  if (user.email_confirmed_at === null) {
    throw new AuthError(400, "email_not_confirmed", "Email not confirmed");
  }
  const session = await within(db, (sql) => begin(sql, jwt, settings, user, "password"));
  return { ...session, weak_password: null };
}

/** A user as `signup` would answer, who does not exist. */
function nobody(email: string, metadata: Metadata): Metadata {
  const now = new Date();
  return shown({
    ...BLANK,
    id: crypto.randomUUID(),
    aud: "authenticated",
    email,
    confirmation_sent_at: now,
    raw_app_meta_data: { provider: "email", providers: ["email"] },
    raw_user_meta_data: metadata,
    created_at: now,
    updated_at: now,
  }, []);
}
