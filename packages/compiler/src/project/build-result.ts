import type { Problem } from "../problems/problem.ts";
import type { Manifest } from "@twinloop/core-native/build-time";

/** The result of reading an app. */
export interface BuildResult {
  /** The manifest; declarations with problems are left out. */
  manifest: Manifest;
  /** The problems, in the order of files and lines. A manifest with problems must not be written. */
  problems: Problem[];
  /**
   * Warnings about declarations that no entry of the app loads, and about an app that never starts. The manifest can be
   * written all the same.
   */
  warnings: Problem[];
  /** The duration in milliseconds; for the first read with the time to load TypeScript and the program. */
  durationMs: number;
}
