// Loaded before an edge function: its process ends when the host's end of stdin closes.

import { watchLifeline } from "../shared/part.ts";

// Later, and by a timer that nobody waits for: Deno runs a preloaded module to its very end before
// it comes to the function.
Deno.unrefTimer(setTimeout(() => watchLifeline(() => Deno.exit(0)), 0));
