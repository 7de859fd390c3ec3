// Where a link may lead: the site, or an address that the project allows.

import type { AuthSettings } from "./config.ts";

// What a header can carry and every client reads alike: to a browser «\» is «/».
const PLAIN = /^[\x21-\x5b\x5d-\x7e]+$/;

/** `asked` if the project allows it, as a browser reads it; else the site. */
export function allowed(settings: AuthSettings, asked: unknown): string {
  if (typeof asked !== "string" || !asked) return settings.site_url;
  const url = parsed(asked);
  // «http://localhost:x@1.2.3.4/» would pass for a port of localhost.
  if (!url || url.username || url.password) return settings.site_url;
  const address = PLAIN.test(asked) ? asked : url.href;
  const isWeb = ["http:", "https:"].includes(url.protocol);
  if (isWeb && url.hostname === parsed(settings.site_url)?.hostname) return address;
  return listed(settings, address) ? address : settings.site_url;
}

/** An address with parameters behind «#», where no server sees them. */
export function withFragment(address: string, parameters: Record<string, string>): string {
  const [base] = address.split("#", 1);
  return `${base}#${new URLSearchParams(parameters)}`;
}

/** An address with further query parameters. */
export function withQuery(address: string, parameters: Record<string, string>): string {
  const url = new URL(address);
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return url.toString();
}

function listed(settings: AuthSettings, asked: string): boolean {
  const bare = asked.split(/[?#]/, 1)[0] ?? "";
  return settings.additional_redirect_urls.some((pattern) => glob(pattern).test(bare));
}

/** `*` stands for anything but separators, `**` for anything, `?` for one such character. */
function glob(pattern: string): RegExp {
  const source = pattern.replace(/\*\*|[*?]|[.+^${}()|[\]\\]/g, (found) => {
    if (found === "**") return ".*";
    if (found === "*") return "[^./]*";
    if (found === "?") return "[^./]";
    return `\\${found}`;
  });
  return new RegExp(`^${source}/?$`);
}

function parsed(address: string): URL | null {
  return URL.canParse(address) ? new URL(address) : null;
}
