/**
 * Prisma on the database's own connections, which Rust holds: `new PrismaClient({ adapter: prismaAdapter(db) })`.
 *
 * @packageDocumentation
 */
export { prismaAdapter, type PrismaAdapterOptions } from "./adapter.ts";
export { DriverAdapterError, type DriverFailure } from "./driver-error.ts";
export type {
  ArgumentType,
  PrismaAdapter,
  PrismaAdapterFactory,
  PrismaIsolation,
  PrismaQuery,
  PrismaQueryable,
  PrismaResult,
  PrismaTransaction,
} from "./driver-adapter.ts";
