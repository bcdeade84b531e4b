// The TechEmpower kinds by Fastify 5 and node-postgres.
import { serve } from "./techempower-fastify.mjs";
import * as rows from "./techempower-pg.mjs";

await serve(rows);
