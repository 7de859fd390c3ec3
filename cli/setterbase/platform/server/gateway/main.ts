// The one door: the URLs of a hosted project, on the loopback.

import { serve, settings } from "../shared/part.ts";
import { gateway, type GatewaySettings } from "./gateway.ts";

const given = settings<GatewaySettings & { port: number }>();
serve({ hostname: "127.0.0.1", port: given.port }, gateway(given));
