import type { ArgumentType } from "./driver-adapter.ts";

/** An argument of Prisma as a parameter of ours: bytes come in base64, times with a date that a `time` has not. */
export function toParameter(value: unknown, type: ArgumentType | undefined): unknown {
  if (value === null || value === undefined || type === undefined) return value;
  if (Array.isArray(value) && type.arity === "list") return value.map((item) => toParameter(item, type));
  if (type.scalarType === "bytes" && typeof value === "string") return Buffer.from(value, "base64");
  if (type.scalarType === "datetime" && (typeof value === "string" || value instanceof Date)) {
    return instant(new Date(value), type.dbType);
  }
  return value;
}

/** The server reads a `timestamp` from the same text as a `timestamptz`: its zone, which is UTC, is dropped. */
function instant(date: Date, dbType: string | undefined): Date | string {
  if (dbType === "TIME" || dbType === "TIMETZ") return date.toISOString().slice("yyyy-mm-ddT".length);
  if (dbType === "DATE") return date.toISOString().slice(0, "yyyy-mm-dd".length);
  return date;
}
