/** A step of a PostgreSQL plan. `cost` is the planner's unit; `actualMs` and `actualRows` exist only where it was run. */
export interface PlanStep {
  readonly title: string;
  readonly detail: string;
  readonly cost: number | null;
  readonly rows: number | null;
  readonly actualMs: number | null;
  readonly actualRows: number | null;
  readonly steps: readonly PlanStep[];
}

/** Reads what `EXPLAIN (FORMAT JSON)` gives, as an array or its first entry; `null` for anything else. */
export function readPlan(plan: unknown): PlanStep | null {
  const first: unknown = Array.isArray(plan) ? plan[0] : plan;
  if (first === null || typeof first !== "object") return null;
  const root = (first as Record<string, unknown>)["Plan"] ?? first;
  if (root === null || typeof root !== "object" || !("Node Type" in root)) return null;
  return readStep(root as Record<string, unknown>);
}

function readStep(node: Record<string, unknown>): PlanStep {
  const number = (name: string): number | null => (typeof node[name] === "number" ? node[name] : null);
  const text = (name: string): string => (typeof node[name] === "string" ? node[name] : "");
  const join = text("Join Type");
  const index = text("Index Name");
  const title = [
    text("Node Type"),
    join === "" || join === "Inner" ? "" : `(${join.toLowerCase()})`,
    text("Relation Name") === "" ? "" : `on ${text("Relation Name")}`,
    index === "" ? "" : `by ${index}`,
  ];
  const conditions = ["Index Cond", "Hash Cond", "Merge Cond", "Join Filter", "Recheck Cond", "Filter"];
  const sortKey = node["Sort Key"];
  const detail = [
    ...conditions.flatMap((name) => (text(name) === "" ? [] : [`${name.toLowerCase()} ${text(name)}`])),
    ...(Array.isArray(sortKey) ? [`by ${sortKey.join(", ")}`] : []),
  ];
  const below = Array.isArray(node["Plans"]) ? (node["Plans"] as unknown[]) : [];
  return {
    title: title.filter((part) => part !== "").join(" "),
    detail: detail.join(" · "),
    cost: number("Total Cost"),
    rows: number("Plan Rows"),
    actualMs: number("Actual Total Time"),
    actualRows: number("Actual Rows"),
    steps: below
      .filter((step): step is Record<string, unknown> => step !== null && typeof step === "object")
      .map(readStep),
  };
}
