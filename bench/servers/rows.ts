import { api, type Query } from "@twinloop/api";
import type { RowsAnswer } from "@twinloop/sqldb";
import { db } from "./database.ts";

interface BenchRow {
  id: string;
  name: string;
  email: string;
  active: boolean;
  createdAt: Date;
  score: number;
}

/** Whether the rows workload leaves its rows in Rust, which is the server `twinloop-unopened`. */
const leavesRows = process.env["BENCH_ROWS"] === "unopened";

/**
 * The rows workload: the twenty rows after an id, by one parameterised query. Rows that were opened and rows that were not have one type in
 * an answer, so that one endpoint measures both.
 */
export const rows = api(
  { expose: true, method: "GET", path: "/rows" },
  async ({ after }: { after: Query<number> }): Promise<{ rows: RowsAnswer<BenchRow> }> => {
    if (leavesRows) {
      return {
        rows: await db.answerAll<BenchRow>`
          select id, name, email, active, created_at as "createdAt", score
          from bench_rows where id > ${after} order by id limit 20`,
      };
    }
    const opened = await db.queryAll<BenchRow>`
      select id, name, email, active, created_at as "createdAt", score
      from bench_rows where id > ${after} order by id limit 20`;
    return { rows: opened as unknown as RowsAnswer<BenchRow> };
  },
);
