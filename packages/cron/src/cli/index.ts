/**
 * The package's contribution to the `twinloop` command. Not for apps.
 *
 * @packageDocumentation
 */
import {
  declarationsIn,
  providersIn,
  type Command,
  type Manifest,
  type PackageCli,
  type Variable,
} from "@twinloop/core-native/cli";

const cron: Command = {
  usage: [
    ["cron [list]", "the cron jobs with their last and next runs, failures in a row, and who is paused"],
    [
      "cron <history|trigger|pause|resume> <job>",
      "its last runs; have one process run it now; stop and start it in all processes",
    ],
  ],
  options: {
    json: { type: "flag", meaning: "print JSON, for programs" },
    limit: { type: "count", value: "<number>", meaning: "history: how many (default 20)" },
  },
  run: async (line) => (await import("./cron.ts")).cronCommand(line),
  answer: async (line) => (await import("./cron.ts")).cronAnswer(line),
};

/** Lists `REPLICAS`, where the app has cron jobs and no database in which its processes could agree. */
function variables(manifest: Manifest): readonly Variable[] {
  const isAlone = providersIn(manifest, "postgres").length === 0;
  if (declarationsIn(manifest, "@twinloop/cron", "CronJob").length === 0 || !isAlone) return [];
  const meaning =
    "processes that run the app: without a database each fires the cron jobs for itself, and is told so";
  return [{ name: "REPLICAS", meaning, default: "1", confidential: false }];
}

/** The `cron` command, and the variables and table of cron jobs. */
export const cli: PackageCli = {
  commands: { cron },
  variables,
  inventory: async ({ manifest }) => (await import("./crons.ts")).readCrons(manifest),
};
