// Serves; handler.ts decides.

import { secretKeys } from "../_shared/keys.ts";
import { dependencies } from "./auth.ts";
import { handle } from "./handler.ts";

const env = (name: string) => Deno.env.get(name);
const its = dependencies(env("SUPABASE_URL") ?? "", secretKeys(env));

Deno.serve((request) => handle(request, its));
