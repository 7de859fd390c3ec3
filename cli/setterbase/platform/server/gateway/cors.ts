// Cross-origin answers, as hosted gives them: every origin may ask, the key decides.

const METHODS = "GET,POST,PUT,PATCH,DELETE,OPTIONS,HEAD";

/** The answer to a preflight. */
export function preflight(request: Request): Response {
  return new Response(null, {
    status: 200,
    headers: {
      "access-control-allow-origin": "*",
      "access-control-allow-methods": METHODS,
      "access-control-allow-headers": request.headers.get("access-control-request-headers") ?? "*",
      "access-control-max-age": "3600",
      "content-length": "0",
    },
  });
}

export function isPreflight(request: Request): boolean {
  return request.method === "OPTIONS" && request.headers.has("access-control-request-method");
}

/** What lets a browser read an answer. */
export const OPEN: [string, string][] = [
  ["access-control-allow-origin", "*"],
  [
    "access-control-expose-headers",
    "Content-Encoding, Content-Location, Content-Range, Content-Type, Date, Location, Link, " +
    "Preference-Applied, Server, X-Total-Count, X-Supabase-Api-Version, sb-error-code",
  ],
];
