// The host of the edge functions: each runs in a process of its own, from its first call on.

import { serve, settings } from "../shared/part.ts";
import { host, type HostSettings } from "./host.ts";

const given = settings<HostSettings & { socket: string }>();
serve({ path: given.socket }, host(given));
