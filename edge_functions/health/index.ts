// Serves; handler.ts decides.

import { secretKeys } from "../_shared/keys.ts";
import { health } from "./handler.ts";
import { askHealth } from "./project.ts";

const env = (name: string) => Deno.env.get(name);
const [key] = secretKeys(env);
if (!key) throw new Error("SUPABASE_SECRET_KEYS and SUPABASE_SERVICE_ROLE_KEY are both unset");

Deno.serve(health({
  ask: (signal) => askHealth(env("SUPABASE_URL") ?? "", key, signal),
  now: () => performance.now(),
  log: (line) => console.error(line),
}));
