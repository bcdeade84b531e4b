import {
  Catalogue,
  countProblems,
  formatProblem,
  type BuildResult,
  type Manifest,
  type Problem,
} from "@twinloop/compiler";

/** Whether the reports are coloured: on a terminal, unless `NO_COLOR` is set. Source: no-color.org. */
const color = process.stdout.isTTY === true && process.env["NO_COLOR"] === undefined;

/**
 * Prints every problem with its place in the source, and a line that counts them, to stdout: the report is the result
 * of the command.
 */
export function reportProblems(problems: readonly Problem[], root: string): void {
  const texts = problems.map((problem) => formatProblem(problem, { color, projectRoot: root }));
  process.stdout.write(`${texts.join("\n\n")}\n\n${count(countProblems(problems), "problem")}\n`);
}

/** Prints the type errors of an app that runs all the same. */
export function reportTypes(problems: readonly Problem[], root: string): void {
  const texts = problems.map((problem) => formatProblem(problem, { color, projectRoot: root }));
  const told = count(countProblems(problems), "type error");
  process.stdout.write(
    `${texts.join("\n\n")}\n\n${told}; the app runs all the same, and \`twinloop build\` refuses it\n`,
  );
}

/** Prints what the checks of packages find in an app that runs all the same. */
export function reportChecks(problems: readonly Problem[], root: string): void {
  const texts = problems.map((problem) => formatProblem(problem, { color, projectRoot: root }));
  const told = count(countProblems(problems), "problem");
  process.stdout.write(`${texts.join("\n\n")}\n\n${told}; the app runs all the same\n`);
}

/** Prints warnings: declarations that work only in part. */
export function reportWarnings(warnings: readonly Problem[], root: string): void {
  for (const warning of warnings) {
    const text = formatProblem(warning, { color, projectRoot: root, severity: "warning" });
    process.stdout.write(`${text}\n\n`);
  }
}

/**
 * Prints one line on success: what was done, the number of declarations of each kind, and the time in milliseconds.
 * An app without declarations is told where they stand.
 */
export function reportSuccess({ manifest, durationMs }: BuildResult, root: string, done: string): void {
  process.stdout.write(`${done}: ${inventory(manifest)} (${Math.round(durationMs)} ms)\n`);
  if (isEmpty(manifest)) process.stdout.write(`${nothingDeclared(root)}\n`);
}

/** Reports a missing entry file, and returns the exit code. */
export function noEntry(root: string, given: string | undefined, command: string): number {
  const message =
    given === undefined
      ? `There is no entry file: name it (twinloop ${command} src/app.ts) or create src/app.ts in ${root}.\n`
      : `There is no ${given} in ${root}: name the file that starts the app.\n`;
  process.stderr.write(message);
  return 2;
}

/** What an app without declarations is told, by the example of a package that it has or could have. */
function nothingDeclared(root: string): string {
  const { example } = Catalogue.of(root);
  const told = example === "" ? "A declaration stands" : `${example},`;
  return `Nothing is declared. ${told} at the top level of a module that the tsconfig covers; files named *.test.ts and *.spec.ts are not read.`;
}

/** Whether an app declares nothing. */
function isEmpty({ endpoints, declarations }: Manifest): boolean {
  return endpoints.length + declarations.length === 0;
}

/** Formats the number of declarations of each kind, as `2 endpoints, 1 topic`, in the order of packages and declarations. */
export function inventory({ endpoints, declarations }: Manifest): string {
  const counts = new Map<string, number>();
  for (const { noun } of declarations) counts.set(noun, (counts.get(noun) ?? 0) + 1);
  return [["endpoint", endpoints.length] as const, ...counts].map(([noun, n]) => count(n, noun)).join(", ");
}

/** A number with its noun: `1 topic`, `2 topics`. */
function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? "" : "s"}`;
}
