import { SQLDatabase } from "@twinloop/sqldb";
import { ONE_ROW, THOUSAND_ROWS, TWENTY_ROWS } from "../peers/src/queries.mjs";

const MILLION_ROWS = `
  select g as id, 'name ' || g as name, md5(g::text) as note, g * 0.25::float8 as score
  from generate_series(1, 1000000) g`;

/** The queries of the direct measurements by Twinloop, and a million rows read one by one. */
export function openClient() {
  const db = new SQLDatabase("bench");
  /** @param {string} text */
  const select = (text) => (/** @type {number} */ after) => db.rawQueryAll(text, after);
  return {
    "1x3": select(ONE_ROW),
    "20x6": select(TWENTY_ROWS),
    "1000x8": select(THOUSAND_ROWS),
    stream: async () => {
      let count = 0;
      for await (const row of db.rawQuery(MILLION_ROWS)) count += row["id"] > 0 ? 1 : 0;
      return { length: count };
    },
  };
}
