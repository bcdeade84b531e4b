import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  export interface ProvidedContext {
    /** The folder in which the test files of one run keep the packages that they share. */
    packedHome: string;
  }
}

/** Makes the folder that the test files of a run share, and deletes it at the end. */
export default function setup(project: TestProject): () => void {
  const home = mkdtempSync(join(tmpdir(), "twinloop-packed-"));
  project.provide("packedHome", home);
  return () => rmSync(home, { recursive: true, force: true });
}
