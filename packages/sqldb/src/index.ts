/**
 * PostgreSQL for Node; Rust runs the connections, queries and retries.
 *
 * @packageDocumentation
 */
export { start, stop } from "@twinloop/core-native";
export { Connection } from "./session/connection.ts";
export type { CopySource } from "./statement/copy.ts";
export { SQLDatabase } from "./database.ts";
export { SQLError, SQLState, type SQLErrorFields } from "./error.ts";
export { Subscription, type ListenOptions, type Notification } from "./session/listen.ts";
export type { MigrationFormat, MigrationReport } from "./migrations/migration-runner.ts";
export type { SQLDatabaseOptions } from "./options.ts";
export type { QueryOptions } from "./statement/query-options.ts";
export type { Parameter } from "./statement/parameter.ts";
export { PoolClient } from "./pool/pool-client.ts";
export type { PoolOptions } from "./pool/pool-options.ts";
export type { TypeParsers } from "./pool/pool-peer.ts";
export type { PoolQuery } from "./pool/pool-query.ts";
export type { PoolField, PoolResult } from "./pool/pool-result.ts";
export type { Submittable } from "./pool/pool-submittable.ts";
export { TwinloopPool } from "./pool/pool.ts";
export type { Queryable } from "./statement/queryable.ts";
export type { BigintMode, Column, Row } from "./statement/row.ts";
export { RowAnswer, RowsAnswer } from "./statement/rows-answer.ts";
export { Fragment, sql } from "./statement/sql.ts";
import type { Transaction } from "./session/transaction.ts";

declare module "@twinloop/core-native" {
  interface SharedTypes {
    readonly transaction: Transaction;
  }
}

export {
  Transaction,
  type BeginOptions,
  type Isolation,
  type TransactionOptions,
} from "./session/transaction.ts";
