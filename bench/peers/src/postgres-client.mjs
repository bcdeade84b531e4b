import postgres from "postgres";

import { CONNECTIONS, databaseUrl, ONE_ROW, THOUSAND_ROWS, TWENTY_ROWS } from "./queries.mjs";

/** The queries of the direct measurements by postgres.js, each prepared once per connection. */
export function openClient() {
  const sql = postgres(databaseUrl, { max: CONNECTIONS });
  const select = (text) => (after) => sql.unsafe(text, [after], { prepare: true });
  return { "1x3": select(ONE_ROW), "20x6": select(TWENTY_ROWS), "1000x8": select(THOUSAND_ROWS) };
}
