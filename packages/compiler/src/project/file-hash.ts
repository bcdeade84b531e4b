import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

/** SHA-256 of a text file in hex, regardless of its line ends; null when the file cannot be read. */
export function hashFile(path: string): string | null {
  try {
    return hashText(readFileSync(path, "utf8"));
  } catch {
    return null;
  }
}

/** SHA-256 of a text in hex, the same for every form of line ends. */
export function hashText(text: string): string {
  return createHash("sha256").update(text.replaceAll("\r\n", "\n")).digest("hex");
}
