/**
 * Reads the databases of an app for operators' tools, such as `twinloop mcp` and the dashboard: one statement at a time, in a
 * transaction that is read-only and rolled back.
 *
 * @packageDocumentation
 */
export { explainStatement, type PlanRequest } from "./reading/explain.ts";
export {
  readStatement,
  type ReadColumn,
  type ReadRequest,
  type ReadResult,
} from "./reading/read-statement.ts";
export { listTables, type ListedTable } from "./reading/tables.ts";
export { ReadingError } from "./reading/reading-error.ts";
export { READ_WITHIN_MS } from "./reading/reading-transaction.ts";
