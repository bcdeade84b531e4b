import type { ChildProcess } from "node:child_process";
import { once } from "node:events";

/** A process, all that it has printed, and how it ended. */
export interface Heard {
  readonly child: ChildProcess;
  output: string;
  code: number | null;
  readonly ended: Promise<void>;
}

/** Listens to a process that has just been started. */
export function hear(child: ChildProcess): Heard {
  const heard: Heard = {
    child,
    output: "",
    code: null,
    ended: once(child, "close").then(([code]) => void (heard.code = code as number | null)),
  };
  for (const stream of [child.stdout!, child.stderr!])
    stream.on("data", (piece: Buffer) => (heard.output += piece.toString()));
  return heard;
}

/**
 * Waits until what a process has printed matches a pattern.
 *
 * Errors: rejects with all that was printed where the process ends before, or takes longer than `withinMs`.
 */
export async function until(heard: Heard, pattern: RegExp, withinMs: number): Promise<RegExpExecArray> {
  let timer: NodeJS.Timeout | undefined;
  const found = new Promise<RegExpExecArray>((resolve, reject) => {
    const look = (): void => {
      const match = pattern.exec(heard.output);
      if (match !== null) resolve(match);
    };
    const fail = (how: string): void => reject(new Error(`${how} before ${pattern}:\n${heard.output}`));
    for (const stream of [heard.child.stdout!, heard.child.stderr!]) stream.on("data", look);
    timer = setTimeout(() => fail(`It printed for ${withinMs} ms`), withinMs);
    void heard.ended.then(() => fail(`It ended with ${heard.code}`));
  });
  return found.finally(() => clearTimeout(timer));
}
