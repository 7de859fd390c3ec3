// Starts a function when it is called, restarts it when its source changed, ends it when idle.

import { json, log } from "../shared/part.ts";
import { type FunctionSource, Runner } from "./runner.ts";

export interface HostSettings {
  /** The functions of the project by name. */
  functions: Record<string, FunctionSource>;
  /** The folder of their sockets. */
  folder: string;
  /** The environment that hosted gives a function, and the project's own. */
  environment: Record<string, string>;
}

const IDLE_MS = 5 * 60 * 1000;

/** The handler of `/<name>` and all below it. */
export function host(given: HostSettings): (request: Request) => Promise<Response> {
  const runners = new Map<string, Runner>();
  setInterval(() => {
    for (const runner of runners.values()) runner.endIfIdle(IDLE_MS);
  }, 30_000);

  return async (request) => {
    const name = new URL(request.url).pathname.split("/")[1] ?? "";
    const source = Object.hasOwn(given.functions, name) ? given.functions[name] : undefined;
    if (!source) {
      return json(404, { code: "NOT_FOUND", message: "Requested function was not found" });
    }
    let runner = runners.get(name);
    if (!runner) {
      runner = new Runner(name, source, `${given.folder}/fn-${runners.size}`, given.environment);
      runners.set(name, runner);
    }
    try {
      return await runner.call(request);
    } catch (error) {
      log(`${name}: ${error instanceof Error ? error.message : error}`);
      return json(503, {
        code: "BOOT_ERROR",
        message: "Function failed to start (please check logs)",
      });
    }
  };
}
