import { Project, sortProblems, type BuildResult, type Problem } from "@twinloop/compiler";
import type { Arguments } from "./arguments.ts";
import { readInventory } from "./app-inventory.ts";

/** An app as `check` and `build` see it. */
export interface AppReading {
  readonly result: BuildResult;
  /** The problems that keep the app from starting, in the order of files and lines. */
  readonly problems: readonly Problem[];
  /** The additional problems of the type check; empty with `--no-types`. */
  readonly types: readonly Problem[];
  /** The packages' description of the declarations, such as the table of cron jobs. */
  readonly inventory: string;
}

/** Reads the app once: its declarations, checked by the runtime's engine and by the app's packages, and its types. */
export async function readApp({ root, tsconfig, words, types }: Arguments): Promise<AppReading> {
  // Several entries are parts of one app: each starts its own, and none must reach all.
  const entry = words.length === 1 ? words[0] : undefined;
  const project = new Project(root, {
    ...(tsconfig === undefined ? {} : { tsconfig }),
    ...(entry === undefined ? {} : { entry }),
  });
  try {
    const result = project.update();
    const inventory = await readInventory(root, result.manifest);
    const problems = sortProblems([...result.problems, ...besides(inventory.problems, result.problems)]);
    return {
      result,
      problems,
      types: types ? besides(project.typeProblems(), problems) : [],
      inventory: inventory.text,
    };
  } finally {
    project.close();
  }
}

/**
 * The TypeScript error codes that are reported elsewhere than at their cause: at the call of a wrong argument, or at
 * a type argument.
 */
const elsewhere = /\bTS(?:2344|2769)\b/;

/** Drops type errors at a place that already has a problem: the type check only says the same in other words. */
export function besides(types: readonly Problem[], told: readonly Problem[]): Problem[] {
  return types.filter(
    (type) =>
      !told.some(
        (one) =>
          one.file === type.file &&
          one.line === type.line &&
          (elsewhere.test(type.message) || touches(type, one)),
      ),
  );
}

/** `timeout` and the `"5s"` behind it touch: TypeScript names the property where ours names the value. */
function touches(a: Problem, b: Problem): boolean {
  const [first, second] = a.column <= b.column ? [a, b] : [b, a];
  return second.column <= first.column + first.length + ": ".length;
}
