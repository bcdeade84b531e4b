import { findLibrary } from "../../../tools/setup/addon.mjs";
import { runCommand } from "../../../tools/setup/command.mjs";

/**
 * Builds the addon that panics on demand. It shares what cargo has built for the Rust tests, so that only the binding
 * itself is new.
 *
 * Shape:  -> the addon's path, to be copied: the next build of cargo may replace it.
 * Errors: cargo's own message when it cannot be built.
 */
export async function buildFaultAddon(): Promise<string> {
  const result = await runCommand("cargo", [
    "build",
    "--package=twinloop-core-native",
    "--features=fault-injection",
    "--message-format=json-render-diagnostics",
  ]);
  if (result.code !== 0) throw new Error(`the addon with fault-injection was not built:\n${result.stderr}`);
  return findLibrary(result.stdout);
}
