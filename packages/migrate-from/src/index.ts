/**
 * Moves apps of other frameworks to Twinloop: the command `twinloop migrate-from`.
 *
 * @packageDocumentation
 */
export { migrateFrom, writePlan } from "./command.ts";
export { migrateEncore } from "./encore/migrate-encore.ts";
export type { Framework } from "./mount/framework.ts";
export { migrateMounted } from "./mount/migrate-mounted.ts";
export { Plan, type Finding, type FindingKind } from "./plan.ts";
