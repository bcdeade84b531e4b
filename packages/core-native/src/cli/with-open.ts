import type { CommandLine } from "./package-cli.ts";

/** Something that a command opens, asks and closes, such as an admin of the app's topics. */
export interface Closable {
  /** Closes what was opened, and gives back what it holds. */
  close(): Promise<void>;
}

/**
 * Runs a command's work with what `open` opens, and closes it however the work ends. What the app's other packages provide,
 * such as databases, is there meanwhile. `open` should import what needs the addon itself, so that a wrong command line
 * needs none.
 */
export function withOpen<Opened extends Closable, Result>(
  { providing }: Pick<CommandLine, "providing">,
  open: () => Promise<Opened>,
  work: (opened: Opened) => Promise<Result>,
): Promise<Result> {
  return providing(async () => {
    const opened = await open();
    try {
      return await work(opened);
    } finally {
      await opened.close();
    }
  });
}
