import type * as Admin from "@twinloop/cron/admin";
import { z } from "zod";
import type { AskTools } from "../../contract.ts";
import { importAdmin } from "../app-packages.ts";
import type { AskTool, Tools } from "../ask-tool.ts";
import { inMilliseconds } from "../in-milliseconds.ts";

/** How many of its next runs are told of a job. */
const NEXT_RUNS = 20;

/** How many runs `cron.history` lists unless it is asked for more. */
const DEFAULT_LIMIT = 50;

const JOB = { job: z.string().min(1) };

type CronTool = "cron.list" | "cron.history" | "cron.trigger" | "cron.pause" | "cron.resume";

/** The tools about cron jobs. They work on the ledger of the app's database, hence for all of its processes. */
export const cronTools: Tools<CronTool> = {
  "cron.list": {
    input: z.strictObject({}),
    run: () =>
      withCron(async (cron, admin) => Promise.all((await admin.list()).map((job) => listed(cron, job)))),
  },
  "cron.history": {
    input: z.strictObject({ ...JOB, limit: z.int().min(1).max(100).default(DEFAULT_LIMIT) }),
    run: ({ job, limit = DEFAULT_LIMIT }) =>
      withCron(async (_, admin) => (await admin.history(job, { limit })).map(inMilliseconds)),
  },
  "cron.trigger": acting((admin, job) => admin.trigger(job)),
  "cron.pause": acting((admin, job) => admin.pause(job)),
  "cron.resume": acting((admin, job) => admin.resume(job)),
};

async function listed(
  cron: typeof Admin,
  { job, due, timeZone, paused, next, last }: Admin.CronStanding,
): Promise<AskTools["cron.list"]["value"][number]> {
  const coming = await cron.upcoming(job, NEXT_RUNS);
  // Another release of the app may have the job: the ledger has its next run alone.
  const all = coming.length === 0 && next !== null ? [next] : coming;
  return {
    job,
    rule: due ?? "",
    timeZone: timeZone ?? "UTC",
    isPaused: paused,
    next: all.map((at) => at.getTime()),
    last: last && inMilliseconds(last),
  };
}

/** A tool that acts on one job. */
function acting<Name extends "cron.trigger" | "cron.pause" | "cron.resume">(
  act: (admin: Admin.CronAdmin, job: string) => Promise<unknown>,
): AskTool<Name> {
  return {
    input: z.strictObject(JOB),
    needs: "changes",
    run: ({ job }) =>
      withCron(async (_, admin) => {
        await act(admin, job);
        return null;
      }),
  };
}

/** Runs `work` with the app's ledger open. */
async function withCron<R>(work: (cron: typeof Admin, admin: Admin.CronAdmin) => Promise<R>): Promise<R> {
  const cron = await importAdmin<typeof Admin>("cron");
  const admin = await cron.openAdmin();
  try {
    return await work(cron, admin);
  } finally {
    await admin.close();
  }
}
