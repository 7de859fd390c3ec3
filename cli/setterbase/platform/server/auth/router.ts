// The paths of the auth service.

import { json, log } from "../shared/part.ts";
import { Jwt } from "../shared/jwt.ts";
import * as account from "./account.ts";
import * as admin from "./admin.ts";
import type { AuthSettings } from "./config.ts";
import { type Context, requireSecretKey, storable } from "./context.ts";
import type { Db } from "./db.ts";
import { answerError, AuthError, databaseError, validation } from "./errors.ts";
import { generateLink, invite } from "./links.ts";
import * as mails from "./mails.ts";
import * as signup from "./signup.ts";

type Handler = (context: Context) => Response | Promise<Response>;

const admins = (handler: Handler): Handler => async (context) => {
  await requireSecretKey(context);
  return await handler(context);
};

const ROUTES: Record<string, Record<string, Handler>> = {
  "/health": { GET: () => json(200, { name: "GoTrue", version: "setterbase", description: "" }) },
  "/settings": { GET: ({ settings }) => json(200, publicSettings(settings)) },
  "/.well-known/jwks.json": { GET: () => json(200, { keys: [] }) }, // the secret is symmetric
  "/signup": { POST: signup.signup },
  "/token": { POST: signup.token },
  "/otp": { POST: mails.otp },
  "/magiclink": { POST: mails.otp },
  "/recover": { POST: mails.recover },
  "/resend": { POST: mails.resend },
  "/verify": { GET: mails.verifyLink, POST: mails.verifyCode },
  "/user": { GET: account.show, PUT: account.change },
  "/logout": { POST: account.logout },
  "/invite": { POST: admins(invite) },
  "/admin/users": { GET: admins(admin.listUsers), POST: admins(admin.createUser) },
  "/admin/users/:id": {
    GET: admins(admin.showUser),
    PUT: admins(admin.updateUser),
    DELETE: admins(admin.deleteUser),
  },
  "/admin/generate_link": { POST: admins(generateLink) },
};

const USER = /^\/admin\/users\/([^/]+)$/;

/** The handler of every request. */
export function router(settings: AuthSettings, db: Db): (request: Request) => Promise<Response> {
  const jwt = new Jwt(settings.jwt_secret);
  return async (request) => {
    const url = new URL(request.url);
    const id = url.pathname.match(USER)?.[1] ?? "";
    const route = ROUTES[id ? "/admin/users/:id" : url.pathname];
    const version = request.headers.get("x-supabase-api-version");
    try {
      if (!route) throw new AuthError(404, "not_found", "404 page not found");
      const handler = Object.hasOwn(route, request.method) ? route[request.method] : undefined;
      if (![...url.searchParams.values()].every(storable)) {
        throw validation("A parameter holds what cannot be stored");
      }
      if (!handler) throw new AuthError(405, "method_not_allowed", "405 method not allowed");
      return await handler({ settings, db, jwt, request, url, id });
    } catch (error) {
      const told = databaseError(
        error,
        `at ${request.method} ${id ? "/admin/users" : url.pathname}`,
      );
      if (told instanceof AuthError) return answerError(told, version);
      log(`bug at ${request.method} ${url.pathname}: ${told.stack ?? told}`);
      return answerError(
        new AuthError(500, "unexpected_failure", "Unexpected failure, please check server logs"),
        version,
      );
    }
  };
}

function publicSettings(settings: AuthSettings): Record<string, unknown> {
  return {
    external: { email: settings.enable_email_signup, phone: false, anonymous_users: false },
    disable_signup: !settings.enable_signup,
    mailer_autoconfirm: !settings.enable_confirmations,
    phone_autoconfirm: false,
    sms_provider: "",
    saml_enabled: false,
  };
}
