// The auth service: the API of hosted's, over the tables in the schema `auth`.

import { serve, settings } from "../shared/part.ts";
import type { AuthSettings } from "./config.ts";
import { connect } from "./db.ts";
import { router } from "./router.ts";

const given = settings<AuthSettings>();
serve({ path: given.socket }, router(given, connect(given.db_url)));
