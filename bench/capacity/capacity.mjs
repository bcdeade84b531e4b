/**
 * What a request costs, in microseconds of processor time on each side.
 *
 * @typedef {{ javascriptMicros: number, ioMicros: number }} Price
 */

/**
 * What there is to serve with. `besideMicros`: what a request costs another program on the same cores, which has one thread.
 *
 * @typedef {{ isolates: number, ioThreads: number, cores: number, besideMicros?: number }} Room
 */

/** @typedef {{ requestsPerSecond: number, bound: "JS thread" | "I/O threads" | "cores" | "load" }} Capacity */

const MICROS = 1_000_000;

/** As many as the runtime takes by itself. @param {number} cores */
export const defaultIoThreads = (cores) => Math.min(Math.max(cores - 1, 1), 4);

/**
 * The most requests a second, and what stops there: each kind of thread can only work a second a second, and all of them
 * together only as many as there are cores.
 *
 * Shape:  min(isolates / JavaScript, I/O threads / I/O, cores / (JavaScript + I/O)).
 *
 * @param {Price} price
 * @param {Room} room
 * @returns {Capacity}
 */
export function capacity({ javascriptMicros, ioMicros }, { isolates, ioThreads, cores, besideMicros = 0 }) {
  /** @type {[Capacity["bound"], number][]} */
  const bounds = [
    ["JS thread", isolates / javascriptMicros],
    ["I/O threads", ioThreads / ioMicros],
    ["cores", cores / (javascriptMicros + ioMicros + besideMicros)],
    ["load", 1 / besideMicros],
  ];
  const [bound, perMicro] = bounds.reduce((least, other) => (other[1] < least[1] ? other : least));
  return { requestsPerSecond: perMicro * MICROS, bound };
}

/**
 * The best that a machine can do, with the fewest threads that reach it.
 *
 * @param {Price} price
 * @param {number} cores
 * @returns {Capacity & { isolates: number, ioThreads: number }}
 */
export function bestCapacity(price, cores) {
  const counts = Array.from({ length: cores }, (_, index) => index + 1);
  const all = counts.flatMap((isolates) =>
    counts.map((ioThreads) => ({ ...capacity(price, { isolates, ioThreads, cores }), isolates, ioThreads })),
  );
  const fewestFirst = all.sort((one, other) => threadsOf(one) - threadsOf(other));
  return fewestFirst.reduce((best, other) => (isMore(other, best) ? other : best));
}

/** @param {{ isolates: number, ioThreads: number }} room */
const threadsOf = ({ isolates, ioThreads }) => isolates + ioThreads;

/** By more than a quotient's last digit. @param {Capacity} one @param {Capacity} other */
const isMore = (one, other) => one.requestsPerSecond > other.requestsPerSecond * (1 + 1e-9);

/**
 * What a server whose one thread does everything can do in so many processes of its own.
 *
 * @param {number} cpuMicros
 * @param {number} processes
 * @returns {number} requests a second
 */
export const clusterCapacity = (cpuMicros, processes) => (processes / cpuMicros) * MICROS;
