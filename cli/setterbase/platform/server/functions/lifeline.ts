// Loaded before an edge function: its process ends when the host's end of stdin closes.

import { watchLifeline } from "../shared/part.ts";

watchLifeline(() => Deno.exit(0));
