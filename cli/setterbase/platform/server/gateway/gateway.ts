// Which request goes to which part, as whom.

import { Jwt } from "../shared/jwt.ts";
import { json, log } from "../shared/part.ts";
import { isPreflight, OPEN, preflight } from "./cors.ts";
import { functionCall } from "./functions.ts";
import { identify, type Keys } from "./keys.ts";
import { limitedBody, received, type Sent } from "./sent.ts";

export interface GatewaySettings {
  keys: Keys;
  jwt_secret: string;
  sockets: { rest: string; auth: string; functions: string };
  /** What supabase/config.toml says of each function; one that it does not name has the defaults. */
  functions: Record<string, { verify_jwt: boolean }>;
}

type Part = keyof GatewaySettings["sockets"];

// Where a browser arrives by a link: it cannot send a key, the token in the link is what counts.
const KEYLESS = /^\/auth\/v1\/(verify|callback|authorize|\.well-known\/.*)$/;

// What `fetch` passes on for nobody: TRACE would hand a client's credentials back to a script.
const UNSPOKEN = new Set(["CONNECT", "TRACE", "TRACK"]);

/** The address that a request names; null where its Host makes none. */
function addressOf(request: Request): URL | null {
  try {
    return new URL(request.url);
  } catch {
    return null;
  }
}

/** The handler of every request. */
export function gateway(
  given: GatewaySettings,
): (request: Request, info: Deno.ServeHandlerInfo) => Promise<Response> {
  const jwt = new Jwt(given.jwt_secret);
  const clients = {} as Record<Part, Deno.HttpClient>;
  for (const part of ["rest", "auth", "functions"] as const) {
    clients[part] = Deno.createHttpClient({
      proxy: { transport: "unix", path: given.sockets[part] },
      poolMaxIdlePerHost: 64,
      poolIdleTimeout: 15_000, // before PostgREST closes its end, after 30 seconds
    });
  }

  async function answer(request: Request): Promise<Response> {
    const url = addressOf(request);
    if (url === null) return json(400, { message: "The Host header is no host" });
    const headers = received(request, url);
    if (headers instanceof Response) return headers;
    if (isPreflight(request) && !url.pathname.startsWith("/functions/v1/")) {
      return preflight(request);
    }
    if (UNSPOKEN.has(request.method)) return json(405, { message: "Method not allowed" });
    if (url.pathname === "/rest/v1" || url.pathname.startsWith("/rest/v1/")) {
      return await keyed(request, url, headers, "rest", url.pathname.slice("/rest/v1".length));
    }
    if (url.pathname.startsWith("/auth/v1/")) {
      return await keyed(request, url, headers, "auth", url.pathname.slice("/auth/v1".length));
    }
    if (url.pathname.startsWith("/functions/v1/")) {
      const refusal = await functionCall(given, jwt, request, url, headers);
      return refusal ??
        await pass(request, headers, "functions", url.pathname.slice("/functions/v1".length), url);
    }
    return json(404, { message: "no Route matched with those values" });
  }

  async function keyed(
    request: Request,
    url: URL,
    headers: Sent,
    part: Part,
    path: string,
  ): Promise<Response> {
    if (!KEYLESS.test(url.pathname)) {
      const caller = identify(given.keys, headers, url);
      if ("status" in caller) {
        return json(caller.status, caller.body, { "sb-error-code": caller.code });
      }
      headers.set("authorization", `Bearer ${caller.token}`);
      headers.delete("apikey");
      if (url.searchParams.has("apikey")) url.searchParams.delete("apikey");
    }
    return await pass(request, headers, part, path || "/", url);
  }

  async function pass(
    request: Request,
    headers: Sent,
    part: Part,
    path: string,
    url: URL,
  ): Promise<Response> {
    headers.set("accept-encoding", "identity");
    headers.set("x-forwarded-host", url.host);
    headers.set("x-forwarded-proto", "http");
    const body = limitedBody(request);
    try {
      return await fetch(`http://${part}${path}${url.search}`, {
        method: request.method,
        headers: [...headers],
        body: body.stream,
        redirect: "manual",
        client: clients[part],
      });
    } catch (error) {
      if (body.tooLarge) return json(413, { message: "Request body too large" });
      log(`${part} does not answer: ${error instanceof Error ? error.message : error}`);
      return json(503, {
        message: `The part '${part}' of the platform does not answer; it is being restarted.`,
        hint: `See \`setterbase logs ${part}\`.`,
      }, { "retry-after": "1" });
    }
  }

  return async (request) => {
    const response = await answer(request);
    // A preflight's answer, and that of a function, which knows its own browsers.
    if (response.headers.has("access-control-allow-origin")) return response;
    const headers = [...OPEN];
    for (const pair of response.headers) headers.push(pair);
    return new Response(response.body, { status: response.status, headers });
  };
}
