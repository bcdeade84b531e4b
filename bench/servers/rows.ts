import { api, type Query } from "@twinloop/api";
import { db } from "./database.ts";

interface BenchRow {
  id: string;
  name: string;
  email: string;
  active: boolean;
  createdAt: Date;
  score: number;
}

/** The rows workload: the twenty rows after an id, by one parameterised query. */
export const rows = api(
  { expose: true, method: "GET", path: "/rows" },
  async ({ after }: { after: Query<number> }): Promise<{ rows: BenchRow[] }> => ({
    rows: await db.queryAll<BenchRow>`
      select id, name, email, active, created_at as "createdAt", score
      from bench_rows where id > ${after} order by id limit 20`,
  }),
);
