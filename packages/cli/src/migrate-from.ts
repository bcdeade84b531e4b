import type { Command } from "@twinloop/core-native/cli";

/** The command `migrate-from`, whose package is loaded when it runs: it brings a parser along. */
export const migrateFromCommand: Command = {
  usage: [
    [
      "migrate-from encore|express|fastify [folder]",
      "say what moving an app here changes; with --write, do it",
    ],
  ],
  options: {
    write: { type: "flag", meaning: "write the changes, where all of the folder is committed to git" },
    force: { type: "flag", meaning: "write them in any case" },
    json: { type: "flag", meaning: "print the report for programs" },
  },
  run: async (line) => (await import("@twinloop/migrate-from")).migrateFrom.run(line),
};
