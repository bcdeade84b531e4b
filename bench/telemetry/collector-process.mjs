import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/**
 * Starts the collector in a process of its own, so that its work is nobody's.
 *
 * @returns {Promise<{ url: string, stop: () => void }>}
 */
export async function startCollector() {
  const child = fork(fileURLToPath(new URL("collector.mjs", import.meta.url)));
  const [url] = await once(child, "message");
  return { url: String(url), stop: () => void child.kill() };
}
