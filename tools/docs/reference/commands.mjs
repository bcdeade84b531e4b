import { join } from "node:path";
import { root, runCommand } from "../../setup/command.mjs";
import { Problem } from "../../setup/problem.mjs";
import { code, prose, table } from "./table.mjs";

/** @typedef {{ words: string, meaning: string }} UsageRow */

/**
 * Reads the text of \`twinloop --help\` of an app that has every package.
 *
 * @returns {Promise<{ usage: UsageRow[], common: UsageRow[], options: Map<string, UsageRow[]> }>} the lines of commands, the
 *   options of all, and those of each command
 */
export async function commandLines() {
  const program = join(root, "packages/cli/dist/main.js");
  const {
    code: status,
    stdout,
    stderr,
  } = await runCommand(process.execPath, [program, "--help", "--root", "apps/docs"]);
  if (status !== 0) throw new Problem(`\`twinloop --help\` failed:\n${stderr}`);
  const [usage = "", common = "", ...own] = stdout.split("\n\n").slice(1);
  const options = own.map(
    (block) => /** @type {const} */ ([/of ([\w-]+):/.exec(block)?.[1] ?? "", rowsOf(block)]),
  );
  return { usage: rowsOf(usage), common: rowsOf(common), options: new Map(options) };
}

/** Reads rows in two columns; what is too long for the first has its meaning on the next line. @param {string} block */
function rowsOf(block) {
  const joined = block.replaceAll(/\n {20,}(?=\S)/g, "   ");
  return joined.split("\n").flatMap((line) => {
    const found = /^ {2}(?:twinloop )?(\S.*?) {2,}(\S.*)$/.exec(line);
    return found === null ? [] : [{ words: found[1] ?? "", meaning: found[2] ?? "" }];
  });
}

/** Writes the page of the command's lines and options, from what it prints itself. @returns {Promise<string>} */
export async function commandsPage() {
  const { usage, common, options } = await commandLines();
  const names = [...new Set(usage.map(({ words }) => words.split(" ")[0] ?? ""))];
  const sections = names.map((name) => {
    const rows = usage.filter(({ words }) => words.split(" ")[0] === name);
    const own = options.get(name) ?? [];
    const shown = own.length === 0 ? "" : `\n\n${table(["option", ""], own.map(optionRow))}`;
    return `## twinloop ${name}\n\n${table(["line", ""], rows.map(lineRow))}${shown}`;
  });
  return `# Commands

What \`npx @twinloop/cli --help\` prints in an app with every package. A command comes with the package that it is about, and is there where that is installed.
Exit codes: 0 well, 1 the app has problems, 2 the command line has.

## Options of all commands

${table(["option", ""], common.map(optionRow))}

${sections.join("\n\n")}
`;
}

/** @param {UsageRow} row */
const lineRow = ({ words, meaning }) => [code(`twinloop ${words}`), prose(meaning)];

/** @param {UsageRow} row */
const optionRow = ({ words, meaning }) => [code(words), prose(meaning)];
