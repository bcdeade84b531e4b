import { build } from "@twinloop/compiler";
import type { Arguments } from "./command.ts";
import { reportCrons } from "./crons.ts";
import { reportEnvironment } from "./environment.ts";
import { reportSecrets } from "./secrets.ts";
import { reportProblems, reportSuccess } from "./report.ts";

/** `twinloop check`: reads the app and writes nothing. */
export async function checkCommand({ root, tsconfig, env }: Arguments): Promise<number> {
  const result = await build(root, tsconfig === undefined ? {} : { tsconfig });
  if (result.problems.length > 0) {
    reportProblems(result.problems, root);
    return 1;
  }
  reportSuccess(result, "no problems");
  const crons = await reportCrons(root, result.manifest);
  if (!env) return crons;
  return Math.max(crons, reportEnvironment(result.manifest), await reportSecrets(root, result.manifest));
}
