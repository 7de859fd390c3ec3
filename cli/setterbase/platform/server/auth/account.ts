// One's own account.

import { json } from "../shared/part.ts";
import { body, claims, type Context, object, person, text } from "./context.ts";
import { within } from "./db.ts";
import { AuthError, databaseError, emailExists, validation } from "./errors.ts";
import { giveEmailChange, mail } from "./onetime.ts";
import { hashed, matches } from "./passwords.ts";
import { allowed } from "./redirects.ts";
import { changePassword, end } from "./sessions.ts";
import {
  changeEmail,
  cleanEmail,
  findByEmail,
  findById,
  isUuid,
  merged,
  present,
  update,
} from "./users.ts";

/** `GET /user`. */
export async function show(context: Context): Promise<Response> {
  const { user } = await person(context);
  return json(200, await present(context.db, user));
}

/** `PUT /user`: password, metadata, e-mail. */
export async function change(context: Context): Promise<Response> {
  const { settings, db } = context;
  const given = await body(context.request);
  const { user, claims: own } = await person(context);
  const password = text(given.password, "password");
  const metadata = object(given.data, "data");
  const email = given.email ? cleanEmail(given.email) : undefined;
  if (given.phone) throw new AuthError(400, "phone_provider_disabled", "Phone logins are disabled");
  let encrypted: string | undefined;
  if (password !== undefined) {
    if (await matches(password, user.encrypted_password)) {
      throw new AuthError(
        422,
        "same_password",
        "New password should be different from the old password.",
      );
    }
    encrypted = await hashed(password, settings);
  }
  const redirectTo = allowed(settings, context.url.searchParams.get("redirect_to"));
  const changed = await within(db, async (sql) => {
    let now = (await findById(sql, user.id, true)) ?? user;
    if (encrypted !== undefined) {
      now = await changePassword(sql, now, encrypted, own.session_id);
    }
    if (metadata !== undefined) {
      now = await update(sql, now.id, {
        raw_user_meta_data: merged(now.raw_user_meta_data, metadata),
      });
    }
    if (email !== undefined && email !== now.email) {
      if (await findByEmail(sql, email)) throw emailExists();
      if (!settings.enable_confirmations) now = await changeEmail(sql, now, email, true);
      else {
        const asked = await giveEmailChange(sql, settings, now, email);
        now = asked.user;
        await mail(settings, email, "email_change", asked.fresh, redirectTo);
        if (asked.current) {
          await mail(settings, now.email ?? "", "email_change", asked.current, redirectTo);
        }
      }
    }
    return await present(sql, now);
  }).catch((error) => {
    throw databaseError(error, "updating user");
  });
  return json(200, changed);
}

/** `POST /logout`, from here, everywhere or everywhere else. */
export async function logout(context: Context): Promise<Response> {
  const scope = context.url.searchParams.get("scope") ?? "global";
  if (scope !== "global" && scope !== "local" && scope !== "others") {
    throw validation(`Unsupported logout scope ${JSON.stringify(scope)}`);
  }
  const own = await claims(context);
  if (!own.sub || !isUuid(own.sub)) {
    throw new AuthError(403, "bad_jwt", "invalid claim: missing sub claim");
  }
  await end(context.db, own.sub, own.session_id, scope);
  return new Response(null, { status: 204 });
}
