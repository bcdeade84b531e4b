import { formatProblem, type BuildResult, type Manifest, type Problem } from "@twinloop/compiler";

const color = process.stdout.isTTY === true && process.env["NO_COLOR"] === undefined;

/** Prints every problem with its place in the source, and a line that counts them. */
export function reportProblems(problems: readonly Problem[], root: string): void {
  const texts = problems.map((problem) => formatProblem(problem, { color, projectRoot: root }));
  process.stdout.write(`${texts.join("\n\n")}\n\n${count(problems.length, "problem")}\n`);
}

/** Prints what the app is made of. */
export function reportSuccess({ manifest, durationMs }: BuildResult, done: string): void {
  process.stdout.write(`${done}: ${inventory(manifest)} (${Math.round(durationMs)} ms)\n`);
}

/** `2 endpoints, 1 topic`. */
export function inventory(manifest: Manifest): string {
  const { endpoints, topics, subscriptions, databases, crons, secrets } = manifest;
  const parts = [
    count(endpoints.length, "endpoint"),
    ...(topics.length > 0 ? [count(topics.length, "topic")] : []),
    ...(subscriptions.length > 0 ? [count(subscriptions.length, "subscription")] : []),
    ...(databases.length > 0 ? [count(databases.length, "database")] : []),
    ...(crons.length > 0 ? [count(crons.length, "cron job")] : []),
    ...(secrets.length > 0 ? [count(secrets.length, "secret")] : []),
  ];
  return parts.join(", ");
}

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? "" : "s"}`;
}
