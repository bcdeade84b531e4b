/**
 * What a plan tells of the nullability of a statement's columns: which relations an outer join may fill with NULL, and how the
 * planner writes each column. The planner has by then turned the outer joins that a `where` makes inner ones.
 *
 * Source: PostgreSQL, "EXPLAIN", with `generic_plan` (from version 16), `verbose` and `format json`; the names of joins are in
 * src/backend/commands/explain.c.
 */
import type { Nullability } from "./description.ts";

/** A node of a plan, as far as it is read. */
interface PlanNode {
  readonly "Node Type": string;
  readonly "Join Type"?: string;
  readonly "Parent Relationship"?: string;
  readonly Alias?: string;
  readonly Schema?: string;
  readonly "Relation Name"?: string;
  readonly Output?: readonly string[];
  readonly Plans?: readonly PlanNode[];
}

/** A relation of a statement, by its alias in the plan. */
interface PlannedRelation {
  readonly schema: string;
  readonly table: string;
  readonly isFilled: boolean;
}

/** What the planner says of one column: an expression that is never NULL, or a table's column. */
export type PlannedColumn =
  | { readonly nullability: Nullability }
  | { readonly schema: string; readonly table: string; readonly column: string; readonly isFilled: boolean };

/** Expressions that are never NULL, as the planner writes them. */
const NEVER = [
  /^count\((?:\*|.+)\)(?: FILTER \(.*\)| OVER .*)?$/,
  /^\(count\([^()]+\)\)::\w+$/,
  /^(?:row_number|rank|dense_rank|ntile)\(.*\) OVER .*$/,
  /^(?:now|clock_timestamp|statement_timestamp|transaction_timestamp|gen_random_uuid|random|uuidv7|uuidv4|version)\(\)$/,
  /^(?:CURRENT_TIMESTAMP|CURRENT_DATE|CURRENT_TIME|LOCALTIMESTAMP|LOCALTIME|CURRENT_USER|SESSION_USER)(?:\(\d\))?$/,
  /^\(?'(?:[^']|'')*'::[\w ."]+(?:\(\d+(?:,\d+)?\))?(?:\[\])?\)?$/,
  /^-?\d+(?:\.\d+)?$/,
  /^(?:true|false)$/,
  /^EXISTS\(.*\)$/,
  /^\(?(?:NOT )?\(?EXISTS\((?:SubPlan|InitPlan) \w+\)\)*$/,
  /^\(.+ IS (?:NOT )?(?:NULL|TRUE|FALSE|UNKNOWN|DISTINCT FROM .+)\)$/,
  /^COALESCE\(.*, (?:'(?:[^']|'')*'::[\w ."]+(?:\[\])?|-?\d+(?:\.\d+)?|true|false)\)$/,
  /^jsonb?_build_(?:object|array)\(.*\)$/,
];

/** The nullability of a statement's columns by its plan, in the order of the result; empty where the plan tells nothing. */
export function readPlan(plan: unknown): readonly PlannedColumn[] {
  const [root] = plan as readonly { readonly Plan: PlanNode }[];
  if (root === undefined) return [];
  const relations = new Map<string, PlannedRelation>();
  collect(root.Plan, false, relations);
  return (root.Plan.Output ?? []).map((output) => columnOf(output, relations));
}

function collect(node: PlanNode, isFilled: boolean, relations: Map<string, PlannedRelation>): void {
  const table = node["Relation Name"];
  if (node.Alias !== undefined && table !== undefined) {
    const before = relations.get(node.Alias);
    const filled = isFilled || before?.isFilled === true;
    relations.set(node.Alias, { schema: node.Schema ?? "", table, isFilled: filled });
  }
  for (const child of node.Plans ?? []) collect(child, isFilled || fills(node, child), relations);
}

/** Whether a join may put NULL in the place of the columns of one of its sides. */
function fills(node: PlanNode, child: PlanNode): boolean {
  const side = child["Parent Relationship"];
  switch (node["Join Type"]) {
    case "Left":
      return side === "Inner";
    case "Right":
      return side === "Outer";
    case "Full":
      return side === "Inner" || side === "Outer";
    default:
      return false;
  }
}

/** A name with its relation's alias, each quoted where it must be; the alias is missing where the statement has one relation. */
const NAME = /^(?:("(?:[^"]|"")+"|[\w$]+)\.)?("(?:[^"]|"")+"|[a-z_][\w$]*)$/;

function columnOf(output: string, relations: ReadonlyMap<string, PlannedRelation>): PlannedColumn {
  if (NEVER.some((pattern) => pattern.test(output))) return { nullability: "never" };
  if (output.startsWith("NULL::")) return { nullability: "possible" };
  const [, alias, name] = NAME.exec(output) ?? [];
  if (name === undefined) return { nullability: "unknown" };
  const [only] = relations.values();
  const relation =
    alias === undefined ? (relations.size === 1 ? only : undefined) : relations.get(unquoted(alias));
  if (relation === undefined) return { nullability: "unknown" };
  return { ...relation, column: unquoted(name) };
}

function unquoted(name: string): string {
  return name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name;
}
