/**
 * A graph: each node with the nodes that it points to, as a set or as the keys of a map.
 *
 * @typedef {Map<string, { keys(): Iterable<string> }>} Graph
 */

/**
 * Finds the circles of a graph: each group of nodes that reach one another.
 *
 * Shape: a graph -> its groups of more than one node, each sorted.
 * Source: Tarjan, "Depth-First Search and Linear Graph Algorithms" (1972).
 *
 * @param {Graph} graph
 * @returns {string[][]}
 */
export function findCircles(graph) {
  return groupsOf(graph)
    .filter((group) => group.length > 1)
    .map((group) => group.toSorted());
}

/** @param {Graph} graph @returns {string[][]} strongly connected groups */
function groupsOf(graph) {
  /** @type {Map<string, { index: number, low: number, open: boolean }>} */
  const marks = new Map();
  /** @type {string[]} */
  const stack = [];
  /** @type {string[][]} */
  const groups = [];
  /** @param {string} node */
  const visit = (node) => {
    const mark = { index: marks.size, low: marks.size, open: true };
    marks.set(node, mark);
    stack.push(node);
    for (const next of graph.get(node)?.keys() ?? []) {
      const known = marks.get(next);
      if (known === undefined) mark.low = Math.min(mark.low, visit(next).low);
      else if (known.open) mark.low = Math.min(mark.low, known.index);
    }
    if (mark.low === mark.index) groups.push(closeGroup(stack, node, marks));
    return mark;
  };
  for (const node of graph.keys()) if (!marks.has(node)) visit(node);
  return groups;
}

/**
 * @param {string[]} stack
 * @param {string} node the first of the group to be met
 * @param {Map<string, { open: boolean }>} marks
 */
function closeGroup(stack, node, marks) {
  const group = stack.splice(stack.indexOf(node));
  for (const member of group) {
    const mark = marks.get(member);
    if (mark !== undefined) mark.open = false;
  }
  return group;
}

/**
 * Finds the shortest way round within a circle.
 *
 * @param {Graph} graph
 * @param {string[]} circle as `findCircles` gives it
 * @returns {string[]} from the circle's first node on; the way back to it closes the circle
 */
export function wayRound(graph, circle) {
  const [start = ""] = circle;
  const members = new Set(circle);
  const seen = new Set();
  /** @type {string[][]} */
  let ways = [[start]];
  while (ways.length > 0) {
    /** @type {string[][]} */
    const longer = [];
    for (const way of ways) {
      for (const next of graph.get(way.at(-1) ?? "")?.keys() ?? []) {
        if (next === start) return way;
        if (!members.has(next) || seen.has(next)) continue;
        seen.add(next);
        longer.push([...way, next]);
      }
    }
    ways = longer;
  }
  return circle;
}
