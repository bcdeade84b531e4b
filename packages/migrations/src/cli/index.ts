/**
 * The part of `@twinloop/migrations` in the `twinloop` command. Not for apps.
 *
 * @packageDocumentation
 */
import type { Command, PackageCli } from "@twinloop/core-native/cli";

const migrate: Command = {
  usage: [
    [
      "migrate <status|up|down|new <name>|repair>",
      "show, apply, revert, create or repair the migrations of the app's databases",
    ],
  ],
  options: {
    database: { type: "text", value: "<name>", meaning: "the database (default: all, for status and up)" },
    migrations: {
      type: "text",
      value: "<folder>",
      meaning: "the folder of migrations, instead of the one in the code",
    },
    steps: {
      type: "count",
      value: "<number>",
      meaning: "the number to apply or revert (default: all for up, one for down)",
    },
    "allow-skipped": { type: "flag", meaning: "up: also apply files numbered before an applied one" },
    applied: { type: "list", value: "<version>", meaning: "repair: record it as applied; may be repeated" },
    pending: {
      type: "list",
      value: "<version>",
      meaning: "repair: record it as not applied; may be repeated",
    },
  },
  run: async (line) => (await import("./migrate.ts")).migrateCommand(line),
};

/** The command `migrate`, and the check of migration names. */
export const cli: PackageCli = {
  commands: { migrate },
  inventory: async (app) => (await import("./migration-names.ts")).readMigrationNames(app),
};
