import assert from "node:assert/strict";
import type { AuthSettings } from "./config.ts";
import { allowed } from "./redirects.ts";

const SITE = "https://app.exemple.fr";
const settings = {
  site_url: SITE,
  additional_redirect_urls: [
    "http://localhost:*/**",
    "https://*.exemple.fr/**",
    "https://preview.exemple.com/é",
    "exemple://signed-in",
  ],
} as AuthSettings;

for (
  const [asked, led] of [
    ["https://app.exemple.fr/welcome?a=b#c", "https://app.exemple.fr/welcome?a=b#c"],
    ["http://localhost:5173/welcome", "http://localhost:5173/welcome"],
    ["https://beta.exemple.fr/", "https://beta.exemple.fr/"],
    ["exemple://signed-in", "exemple://signed-in"],
    // A pattern's «*» is for a port or a label, not for another host in front of it: as numbers
    // they have no dot, and «\» ends a host where a browser reads it.
    ["http://localhost:x@134744072/", SITE],
    ["https://134744072\\.exemple.fr/", SITE],
    ["https://134744072/.exemple.fr/", SITE],
    ["https://evil.example\\@app.exemple.fr/", SITE],
    ["https://evil.example/.exemple.fr/", SITE],
    ["javascript:alert(1)//exemple://signed-in", SITE],
    ["exemple://elsewhere", SITE],
    ["/welcome", SITE],
    ["", SITE],
  ]
) {
  Deno.test(`to ${asked || "nowhere"}`, () => assert.equal(allowed(settings, asked), led));
}
