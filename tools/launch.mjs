// Kept to syntax that Node 14 can parse: the version check below must get its chance to speak.
import { requireNode } from "./setup/node-version.mjs";

/**
 * Runs one of the project's commands: checks Node first, then loads the command and calls its `main`.
 *
 * Shape:  `main(args)` resolves to an exit code, or to nothing when the command goes on by itself.
 * Errors: a `Problem` is printed as its message alone, with exit code 1; anything else is a bug and keeps its stack.
 *
 * @param {() => Promise<{ main: (args: string[]) => Promise<number | void> }>} load imports the command
 * @returns {void}
 */
export function launch(load) {
  requireNode();
  load()
    .then((command) => command.main(process.argv.slice(2)))
    .then((code) => {
      if (code !== undefined) process.exitCode = code;
    })
    .catch((error) => {
      console.error(error && error.name === "Problem" ? "\n" + error.message : error);
      process.exitCode = 1;
    });
}
