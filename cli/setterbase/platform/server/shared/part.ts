// What the parts of the platform share: their settings, their socket, and when to end.

/** The settings that the supervisor hands to a part, in an environment that only its owner reads. */
export function settings<T>(): T {
  const given = Deno.env.get("SETTERBASE_PART");
  if (!given) throw new Error("SETTERBASE_PART is missing: `setterbase up` starts this program.");
  Deno.env.delete("SETTERBASE_PART");
  return JSON.parse(given) as T;
}

type Address = { path: string } | { hostname: "127.0.0.1"; port: number };

/**
 * Serve until SIGTERM, or until the supervisor's end of stdin closes because it was killed: then
 * nothing is left behind.
 */
export function serve(
  address: Address,
  handler: (request: Request, info: Deno.ServeHandlerInfo) => Response | Promise<Response>,
): void {
  if ("path" in address) {
    try {
      Deno.removeSync(address.path); // of an earlier run that was killed
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  const server = Deno.serve({
    ...address,
    onListen: () => log("listening"),
    onError: (error) => {
      log(`bug: ${error instanceof Error ? error.stack : error}`);
      return json(500, { message: "An unexpected error happened", code: "unexpected_failure" });
    },
  } as Deno.ServeTcpOptions, handler as Deno.ServeHandler);
  const end = () => {
    setTimeout(() => Deno.exit(0), 300); // whatever is still under way
    server.shutdown().then(() => Deno.exit(0));
  };
  Deno.addSignalListener("SIGTERM", end);
  watchLifeline(end);
}

/** Call `end` once stdin closes. */
export async function watchLifeline(end: () => void): Promise<void> {
  const buffer = new Uint8Array(64);
  try {
    while (await Deno.stdin.read(buffer) !== null);
  } finally {
    end();
  }
}

/**
 * One line of the part's log, with the time. Never a token, a key, a password or a link; those that
 * an error of somebody else's making quotes are taken out here.
 */
export function log(line: string): void {
  const told = line
    .replace(/\beyJ[\w-]+\.[\w.-]+/g, "[token]")
    .replace(/\bsb_(secret|publishable)_[\w-]+/g, "[key]")
    .replace(/\b((?:refresh_|hashed_)?token(?:_hash)?=)[^&\s"']+/g, "$1[token]");
  console.log(`${new Date().toISOString()} ${told}`);
}

/** A JSON answer. */
export function json(status: number, body: unknown, headers: HeadersInit = {}): Response {
  const response = Response.json(body, { status });
  new Headers(headers).forEach((value, name) => response.headers.set(name, value));
  return response;
}
