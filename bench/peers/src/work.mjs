/** What the handlers of every server do, beside what its framework does. */

/** @param {{ price: number }[]} items */
export function total(items) {
  let sum = 0;
  for (const { price } of items) sum += price;
  return sum;
}

/** @param {string[]} strings */
export function countCharacters(strings) {
  let characters = 0;
  for (const { length } of strings) characters += length;
  return { count: strings.length, characters };
}

/** @param {number[][]} rows */
export function sumMatrix(rows) {
  let total = 0;
  for (const row of rows) for (const value of row) total += value;
  return { count: rows.length, total };
}

/** @typedef {{ value: number, children: TreeNode[] }} TreeNode */

/** @param {TreeNode} root */
export function sumTree(root) {
  const sum = { count: 0, total: 0 };
  addNode(sum, root);
  return sum;
}

/** @param {{ count: number, total: number }} sum @param {TreeNode} node */
function addNode(sum, { value, children }) {
  sum.count += 1;
  sum.total += value;
  for (const child of children) addNode(sum, child);
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
