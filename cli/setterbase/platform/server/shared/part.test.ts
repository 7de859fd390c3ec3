import assert from "node:assert/strict";
import { log } from "./part.ts";

Deno.test("a log tells no secret that an error quotes", () => {
  const lines: string[] = [];
  const console_log = console.log;
  console.log = (line: string) => lines.push(line);
  try {
    log(
      'Invalid header value: "https://a.fr/#access_token=eyJhbGci.eyJzdWIi.x-_y&refresh_token=q1"',
    );
    log("GET /verify?token=pkce_hush&type=recovery with sb_secret_hush_x");
  } finally {
    console.log = console_log;
  }
  const told = lines.join("\n");
  for (const secret of ["eyJ", "q1", "hush"]) assert(!told.includes(secret), told);
  assert(told.includes("type=recovery"));
});
