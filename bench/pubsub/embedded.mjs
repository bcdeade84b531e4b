import { closeSync, fdatasyncSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../tools/setup/command.mjs";
import { MESSAGE_BYTES } from "./messages.mjs";

const SYNC_SECONDS = 1;

/**
 * A folder on the disk of the checkout, for the embedded file and for the measurement of that disk: what is only in memory,
 * as /tmp often is, syncs at no cost.
 *
 * @returns {{ path: string, remove: () => void }}
 */
export function makeFolder() {
  const results = join(root, "bench/results");
  mkdirSync(results, { recursive: true });
  const path = mkdtempSync(join(results, "pubsub-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/**
 * How often a second the disk makes one more message safe, one at a time: 256 bytes are appended, and waited for until they are
 * on it (`fdatasync`).
 *
 * @param {string} folder
 * @param {number} [seconds]
 * @returns {number}
 */
export function measureSyncs(folder, seconds = SYNC_SECONDS) {
  const path = join(folder, "syncs");
  const file = openSync(path, "w");
  const bytes = Buffer.alloc(MESSAGE_BYTES, "n");
  const started = performance.now();
  let [syncs, passed] = [0, 0];
  while (passed < seconds * 1000) {
    writeSync(file, bytes);
    fdatasyncSync(file);
    syncs += 1;
    passed = performance.now() - started;
  }
  closeSync(file);
  rmSync(path);
  return (syncs * 1000) / passed;
}
