// Links that an admin hands out, and invitations.

import { json } from "../shared/part.ts";
import { body, type Context, object, text } from "./context.ts";
import { type UserRow, within } from "./db.ts";
import { AuthError, databaseError, emailExists, userNotFound, validation } from "./errors.ts";
import { give, giveEmailChange, type Kind, linkOf, mail } from "./onetime.ts";
import { hashed } from "./passwords.ts";
import { allowed } from "./redirects.ts";
import type { OneTime } from "./tokens.ts";
import { cleanEmail, create, findByEmail, present, update } from "./users.ts";

/** `POST /admin/generate_link`: the link in the answer, and no mail. */
export async function generateLink(context: Context): Promise<Response> {
  const { settings, db } = context;
  const given = await body(context.request);
  const email = cleanEmail(given.email);
  const password = text(given.password, "password");
  const asked = text(given.redirect_to, "redirect_to") ??
    context.url.searchParams.get("redirect_to");
  const redirectTo = allowed(settings, asked);
  const metadata = object(given.data, "data") ?? {};
  const encrypted = given.type === "signup" && password ? await hashed(password, settings) : null;
  const answer = await within(db, async (sql) => {
    const made = async (invited: boolean) =>
      await create(sql, { email, encrypted_password: encrypted, user_metadata: metadata, invited });
    let user = await findByEmail(sql, email);
    let kind = given.type as Kind;
    let issued: { user: UserRow; token: OneTime };
    switch (given.type) {
      case "magiclink":
        if (user === null) kind = "signup";
        issued = await give(
          sql,
          settings,
          user ?? await made(false),
          user ? "magiclink" : "signup",
        );
        break;
      case "recovery":
        if (user === null) throw userNotFound();
        issued = await give(sql, settings, user, "recovery");
        break;
      case "signup":
        if (user?.email_confirmed_at) throw emailExists();
        if (!password) throw validation("Signup requires a valid password");
        if (user) user = await update(sql, user.id, { encrypted_password: encrypted });
        issued = await give(sql, settings, user ?? await made(false), "signup");
        break;
      case "invite":
        if (user?.email_confirmed_at) throw emailExists();
        issued = await give(sql, settings, user ?? await made(true), "invite");
        break;
      case "email_change_current":
      case "email_change_new": {
        if (user === null) throw userNotFound();
        const change = await giveEmailChange(sql, settings, user, cleanEmail(given.new_email));
        kind = "email_change";
        const token = given.type === "email_change_new" ? change.fresh : change.current;
        if (!token) {
          throw new AuthError(
            400,
            "validation_failed",
            "Enable secure email change to generate link for current email",
          );
        }
        issued = { user: change.user, token };
        break;
      }
      default:
        throw validation("Invalid email action link type requested");
    }
    return {
      action_link: linkOf(settings, kind, issued.token.hash, redirectTo),
      email_otp: issued.token.otp,
      hashed_token: issued.token.hash,
      redirect_to: redirectTo,
      verification_type: given.type === "magiclink" ? kind : given.type,
      ...await present(sql, issued.user),
    };
  }).catch((error) => {
    throw databaseError(error, "saving new user");
  });
  return json(200, answer);
}

/** `POST /invite`: a new user, and a mail with the link. */
export async function invite(context: Context): Promise<Response> {
  const { settings, db } = context;
  const given = await body(context.request);
  const email = cleanEmail(given.email);
  const redirectTo = allowed(settings, context.url.searchParams.get("redirect_to"));
  const answer = await within(db, async (sql) => {
    const before = await findByEmail(sql, email);
    if (before?.email_confirmed_at) throw emailExists();
    const user = before ?? await create(sql, {
      email,
      encrypted_password: null,
      user_metadata: object(given.data, "data") ?? {},
      invited: true,
    });
    const waiting = await give(sql, settings, user, "invite");
    await mail(settings, email, "invite", waiting.token, redirectTo);
    return await present(sql, waiting.user);
  }).catch((error) => {
    throw databaseError(error, "saving new user");
  });
  return json(200, answer);
}
