import { readdirSync, readFileSync } from "node:fs";

/**
 * How often each thread has waited for something, by thread id: each time it went on was a wake-up.
 *
 * @typedef {Map<number, { name: string, count: number }>} WakeUps
 */

/**
 * Source: Linux, proc_pid_status(5): `voluntary_ctxt_switches`.
 *
 * @param {number} pid
 * @returns {WakeUps}
 */
export function readWakeUps(pid) {
  /** @type {WakeUps} */
  const wakeUps = new Map();
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const { name, count } = parseStatus(readFileSync(`/proc/${pid}/task/${thread}/status`, "utf8"));
    wakeUps.set(Number(thread), { name, count });
  }
  return wakeUps;
}

/**
 * @param {string} text of a thread's `status`
 * @returns {{ name: string, count: number }}
 */
export function parseStatus(text) {
  const name = /^Name:\t(.*)$/m.exec(text)?.[1] ?? "";
  return { name, count: Number(/^voluntary_ctxt_switches:\t(\d+)$/m.exec(text)?.[1] ?? Number.NaN) };
}

/**
 * Wake-ups per second by the name of the thread, those that had none left out; threads of one name are one.
 *
 * @param {WakeUps} before
 * @param {WakeUps} after
 * @param {number} seconds between them
 * @returns {Record<string, number>}
 */
export function wakeUpsBetween(before, after, seconds) {
  /** @type {Record<string, number>} */
  const rates = {};
  for (const [thread, { name, count }] of after) {
    const times = count - (before.get(thread)?.count ?? 0);
    if (times > 0) rates[name] = (rates[name] ?? 0) + times / seconds;
  }
  return rates;
}
