import { markAsSQLError, SQLError, type SQLErrorFields } from "../error.ts";
import { peer } from "./pool-peer.ts";

/** Fields that node-postgres represents as text. */
const TEXTS = ["position", "internalPosition", "line"] as const;

/**
 * Converts an error to node-postgres' form: of its class where the app has it installed, with positions as text.
 * `instanceof SQLError` still holds.
 */
export function toPoolError(error: unknown): unknown {
  if (!(error instanceof SQLError) || error.severity === undefined) return error;
  return asDatabaseError(error);
}

function asDatabaseError(error: SQLError): Error {
  const { DatabaseError } = peer();
  const fields: Record<string, unknown> = { ...error };
  for (const name of TEXTS) if (fields[name] !== undefined) fields[name] = String(fields[name]);
  if (!DatabaseError) return Object.assign(error, fields);
  const told = new DatabaseError(error.message, Buffer.byteLength(error.message), "error");
  Object.assign(told, fields, { name: "error", code: error.code } satisfies SQLErrorFields & {
    name: string;
    code: string;
  });
  markAsSQLError(told);
  return told;
}
