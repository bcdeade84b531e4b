/** The result of a command: a value for programs, and the same as text for people. */
export interface Result {
  readonly value: unknown;
  readonly text: string;
  /** The exit code. Default 0. */
  readonly code?: number;
  /** What the result lacks and why, printed to stderr after the result. */
  readonly remark?: string;
}

/**
 * An error in the app or its surroundings that keeps the command from its work: exit code 1. The message says what to
 * do.
 */
export class AppProblem extends Error {}

/** An error in the command line: exit code 2, and nothing was done. The message says what to write. */
export class Unclear extends Error {}

/**
 * Prints the result of a command, or the error that it ended with.
 *
 * Shape: `json` prints the value on one line, else the text is printed -> the exit code: the result's own, 2 for `Unclear`, 1 for
 *        every other error, whose message goes to stderr.
 */
export async function printed(json: boolean, work: () => Promise<Result>): Promise<number> {
  try {
    const { value, text, code = 0, remark } = await work();
    process.stdout.write(json ? `${JSON.stringify(value)}\n` : `${text}\n`);
    if (remark !== undefined) process.stderr.write(`${remark}\n`);
    return code;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return error instanceof Unclear ? 2 : 1;
  }
}
