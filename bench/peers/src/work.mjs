/** What the handlers of every server do, beside what its framework does. */

/** @param {{ price: number }[]} items */
export function total(items) {
  let sum = 0;
  for (const { price } of items) sum += price;
  return sum;
}

/** Answers after a timer of 5 ms. */
export async function wait() {
  await new Promise((resolve) => setTimeout(resolve, 5));
  return { waitedMs: 5 };
}

/** Keeps the processor busy for 50 µs. */
export function burn() {
  const end = performance.now() + 0.05;
  while (performance.now() < end);
  return { burntMicros: 50 };
}
