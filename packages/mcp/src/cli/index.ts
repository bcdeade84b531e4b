/**
 * The package's contribution to the `twinloop` command. Not for apps.
 *
 * @packageDocumentation
 */
import type { Command, PackageCli } from "@twinloop/core-native/cli";

const mcp: Command = {
  usage: [["mcp", "serve the app to AI agents: the Model Context Protocol on stdin and stdout"]],
  options: {
    url: { type: "text", value: "<url>", meaning: "where the app runs (default: this machine, at PORT)" },
    "admin-url": {
      type: "text",
      value: "<url>",
      meaning: "where the app's admin server is (default: that of the app under `twinloop dev`)",
    },
    "any-database": {
      type: "flag",
      meaning: "let agents read databases of other machines, and those of production",
    },
  },
  run: async (line) => (await import("../serve.ts")).serve(line),
};

/** The `mcp` command. */
export const cli: PackageCli = { commands: { mcp } };
