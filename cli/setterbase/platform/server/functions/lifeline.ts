// Loaded before an edge function: its process ends when the host's end of stdin closes.

import { watchLifeline } from "../shared/part.ts";

// From the moment when the function serves. Deno runs a preloaded module to its very end before it
// comes to the function: to watch here, or by a timer that is due too early, is to wait for ever.
const serve = Deno.serve;
let watched = false;
Deno.serve = ((...given: Parameters<typeof serve>) => {
  if (!watched) watchLifeline(() => Deno.exit(0));
  watched = true;
  return serve(...given);
}) as typeof serve;
