import { relative } from "node:path";

/** A path as the manifest writes it: from the project root, `/`-separated. */
export function relativePath(root: string, path: string): string {
  return relative(root, path).replaceAll("\\", "/");
}
