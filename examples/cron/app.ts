import { api, start } from "@twinloop/api";
import { CronJob } from "@twinloop/cron";
import { SQLDatabase } from "@twinloop/sqldb";

const db = new SQLDatabase("readings", { migrations: "./migrations" });

/**
 * Reads a meter every second, once for all processes of the app. Seconds that no process was there for are made up for
 * (`missed`), and one that takes long lets the next wait (`overlap`).
 */
export const readMeter = new CronJob("read-meter", {
  every: "1s",
  missed: "all",
  overlap: "queue",
  retryPolicy: { maxRetries: 5 },
  handler: async ({ scheduledAt }) => {
    await db.exec`insert into reading (at, value) values (${scheduledAt}, ${Math.random()}) on conflict do nothing`;
  },
});

/** Closes the books on the last day of each month, by Berlin's clock. */
export const closeBooks = new CronJob("close-books", {
  schedule: "0 18 L * *",
  timeZone: "Europe/Berlin",
  handler: (ctx) => ctx.log.info("closed the books", { of: ctx.scheduledAt }),
});

/** Says how many seconds were read, and how many between the first and the last are missing. */
export const readings = api(
  { expose: true, method: "GET", path: "/readings" },
  async (): Promise<{ some: boolean; missing: number }> => {
    const row = await db.queryRow<{ some: boolean; missing: number }>`
      select count(*) > 2 as some,
        coalesce(extract(epoch from max(at) - min(at))::int + 1 - count(*)::int, 0) as missing
      from reading`;
    return row!;
  },
);

/** Closes the books now. */
export const closeNow = api(
  { expose: true, method: "POST", path: "/books/close" },
  async (): Promise<{ outcome: string; manual: boolean }> => {
    await closeBooks.trigger();
    const [last] = await closeBooks.history({ limit: 1 });
    return { outcome: last!.outcome, manual: last!.manual };
  },
);

await start();
