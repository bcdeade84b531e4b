// The TechEmpower kinds by Fastify 5 and postgres.js.
import { serve } from "./techempower-fastify.mjs";
import * as rows from "./techempower-postgres.mjs";

await serve(rows);
