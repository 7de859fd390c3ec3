// What the handler needs of the auth service, through supabase-js.

import { type AuthError, createClient } from "@supabase/supabase-js";
import { isOneOf } from "../_shared/keys.ts";
import { type Dependencies, Refusal } from "./handler.ts";

export function dependencies(url: string, keys: string[]): Dependencies {
  const key = keys[0];
  if (!key) throw new Error("SUPABASE_SECRET_KEYS and SUPABASE_SERVICE_ROLE_KEY are both unset");
  const project = createClient(url, key, {
    auth: { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false },
    global: { fetch: withoutVersion },
  });
  const { auth } = project;
  return {
    isSecretKey: (candidate) => isOneOf(candidate, keys),

    // Asked of the auth service, not read from the token: it knows who was demoted, banned or
    // signed out since.
    async whoIs(token) {
      const { data, error } = await auth.getUser(token);
      if (error) {
        if (error.status !== undefined && error.status >= 400 && error.status < 500) return null;
        throw error;
      }
      const role: unknown = data.user.app_metadata["role"];
      return { id: data.user.id, isPlatformAdmin: role === "admin" };
    },

    async createCoach(id, { email, name, specialty, timezone }) {
      const { error } = await auth.admin.createUser({
        id,
        email,
        email_confirm: true,
        app_metadata: { setterbase_coach: { name, specialty, timezone } },
      });
      if (error) throw new Refusal(error.status ?? 500, error.message, isKnownEmail(error));
      // A project whose migrations are behind makes the user and no tenant.
      const made = await project.from("coachs").select("id").eq("id", id).maybeSingle();
      if (made.error) throw new Error(made.error.message);
      if (!made.data) throw new Error("the database made no tenant: are its migrations applied?");
    },

    async recoveryLink(email) {
      const { data, error } = await auth.admin.generateLink({ type: "recovery", email });
      if (error) throw error;
      return data.properties.action_link;
    },

    async deleteUser(id) {
      const { error } = await auth.admin.deleteUser(id);
      if (error && error.status !== 404) throw error;
    },

    log: (line) => console.error(line),
  };
}

function isKnownEmail(error: AuthError): boolean {
  return error.code === "email_exists" || error.code === "user_already_exists" ||
    /already been registered|duplicate key .*email/i.test(error.message);
}

/** Asked for its newest answers, the auth service keeps the database's reasons to itself. */
const withoutVersion: typeof fetch = (input, init) => {
  const headers = new Headers(init?.headers);
  headers.delete("X-Supabase-Api-Version");
  return fetch(input, { ...init, headers });
};
