import { readFileSync, readdirSync, writeFileSync } from "node:fs";

/** Linux gives times of the whole machine in hundredths of a second, on every architecture. */
const TICKS_PER_SECOND = 100;

/**
 * Reads the processor time of each thread since its start, in nanoseconds, by thread id. Empty on other systems than Linux.
 *
 * Source: Linux, `Documentation/scheduler/sched-stats.rst`: the first field of a task's `schedstat`.
 *
 * @param {number} pid
 * @returns {Map<number, number>}
 */
export function readThreadTimes(pid) {
  /** @type {Map<number, number>} */
  const times = new Map();
  for (const thread of entries(`/proc/${pid}/task`)) {
    const text = read(`/proc/${pid}/task/${thread}/schedstat`);
    if (text !== undefined) times.set(Number(thread), Number(text.split(" ", 1)[0]));
  }
  return times;
}

/**
 * Computes the processor time between two readings, in nanoseconds. A thread that ended in between is left out.
 *
 * @param {Map<number, number>} before
 * @param {Map<number, number>} after
 * @returns {Map<number, number>}
 */
export function timeBetween(before, after) {
  return new Map([...after].map(([thread, time]) => [thread, time - (before.get(thread) ?? 0)]));
}

/** @param {Map<number, number>} times @returns {number} */
export function totalOf(times) {
  return [...times.values()].reduce((total, time) => total + time, 0);
}

/**
 * Resets a process's peak memory to its present memory. Does nothing where that is not permitted.
 *
 * @param {number} pid
 */
export function resetPeakMemory(pid) {
  try {
    writeFileSync(`/proc/${pid}/clear_refs`, "5");
  } catch {
    // The peak then counts from the process's start, which differs only by the memory of starting up.
  }
}

/**
 * Reads the peak memory of a process, in bytes; undefined on other systems than Linux.
 *
 * @param {number} pid
 * @returns {number | undefined}
 */
export function readPeakMemory(pid) {
  const kibibytes = /^VmHWM:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/status`) ?? "")?.[1];
  return kibibytes === undefined ? undefined : Number(kibibytes) * 1024;
}

/**
 * Reads the present memory of a process, in bytes; undefined on other systems than Linux.
 *
 * @param {number} pid
 * @returns {number | undefined}
 */
export function readMemory(pid) {
  const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/status`) ?? "")?.[1];
  return kibibytes === undefined ? undefined : Number(kibibytes) * 1024;
}

/**
 * Reads the processor time of the machine since boot, in seconds over all cores; undefined on other systems than Linux.
 *
 * @returns {number | undefined}
 */
export function readBusySeconds() {
  return parseBusySeconds(read("/proc/stat") ?? "");
}

/**
 * @param {string} text of `/proc/stat`
 * @returns {number | undefined}
 */
export function parseBusySeconds(text) {
  const fields = /^cpu\s+(.+)$/m.exec(text)?.[1]?.split(" ").map(Number);
  if (fields === undefined) return undefined;
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = fields;
  return (user + nice + system + irq + softirq + steal) / TICKS_PER_SECOND;
}

/** @param {string} path @returns {string | undefined} */
function read(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

/** @param {string} path @returns {string[]} */
function entries(path) {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}
