import { execFileSync } from "node:child_process";

/** How a folder stands to git: `none` is no work tree, or a machine without git. */
export type GitState = "clean" | "changed" | "none";

/** Reads whether everything below a folder is committed; files that git ignores do not count. */
export function gitState(folder: string): GitState {
  try {
    const told = execFileSync("git", ["status", "--porcelain", "--", "."], {
      cwd: folder,
      encoding: "utf8",
      maxBuffer: 64 << 20,
      stdio: ["ignore", "pipe", "ignore"],
    });
    return told.trim() === "" ? "clean" : "changed";
  } catch {
    return "none";
  }
}
