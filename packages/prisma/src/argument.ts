import type { ArgumentType } from "./driver-adapter.ts";

/** Converts an argument of Prisma to a parameter: bytes arrive in base64, a `time` with a date that is dropped. */
export function toParameter(value: unknown, type: ArgumentType | undefined): unknown {
  if (value === null || value === undefined || type === undefined) return value;
  if (Array.isArray(value) && type.arity === "list") return value.map((item) => toParameter(item, type));
  if (type.scalarType === "bytes" && typeof value === "string") return Buffer.from(value, "base64");
  if (type.scalarType === "datetime" && (typeof value === "string" || value instanceof Date)) {
    return instant(new Date(value), type.dbType);
  }
  return value;
}

/** Converts an instant. A `timestamp` is sent in UTC, and the server ignores the zone. */
function instant(date: Date, dbType: string | undefined): Date | string {
  if (dbType === "TIME" || dbType === "TIMETZ") return date.toISOString().slice("yyyy-mm-ddT".length);
  if (dbType === "DATE") return date.toISOString().slice(0, "yyyy-mm-dd".length);
  return date;
}
