import { build, writeManifest } from "@twinloop/compiler";
import type { Arguments } from "./command.ts";
import { reportProblems, reportSuccess } from "./report.ts";

/** `twinloop build`: writes the manifest, or says what is wrong and leaves the old one alone. */
export async function buildCommand({ root, tsconfig }: Arguments): Promise<number> {
  const result = await build(root, tsconfig === undefined ? {} : { tsconfig });
  if (result.problems.length > 0) {
    reportProblems(result.problems, root);
    return 1;
  }
  writeManifest(root, result.manifest);
  reportSuccess(result, "built .twinloop/manifest.json");
  return 0;
}
