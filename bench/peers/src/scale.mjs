// What the peers of the scale suite share. BENCH_ENDPOINTS, BENCH_SUBSCRIPTIONS and BENCH_CRON_JOBS say how much each has.

const number = (name) => Number(process.env[name] ?? 0);

export const endpoints = number("BENCH_ENDPOINTS");
export const subscriptions = number("BENCH_SUBSCRIPTIONS");
export const cronJobs = number("BENCH_CRON_JOBS");

/** Idle connections must outlive the measurement; Node closes them after 5 s unless told otherwise. */
export const KEEP_ALIVE_MS = 600_000;

export const HELLO = { message: "Hello, World!" };

/** Calls `read` for each GET endpoint's path without its parameter, and `write` for each POST endpoint's path. */
export function eachEndpoint(read, write) {
  for (let index = 0; index < endpoints; index += 1) {
    if (index % 2 === 0) read(`/resources-${index / 2}`);
    else write(`/resources-${(index - 1) / 2}`);
  }
}

/** The answer of a GET endpoint. */
export const readResource = (id, page = 1) => ({ id, page });

/** The answer of a POST endpoint. */
export const writeResource = ({ name, tags }) => ({ name, tags: tags.length });
