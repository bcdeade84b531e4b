/**
 * PostgreSQL whose connections, queries and retries are run by Rust.
 *
 * @packageDocumentation
 */
export { start, stop } from "@twinloop/core-native";
export { Connection } from "./connection.ts";
export type { CopySource } from "./copy.ts";
export { SQLDatabase } from "./database.ts";
export { SQLError, SQLState, type SQLErrorFields } from "./error.ts";
export { Subscription, type ListenOptions, type Notification } from "./listen.ts";
export type { QueryOptions, SQLDatabaseOptions } from "./options.ts";
export type { Parameter } from "./parameter.ts";
export { PoolClient, TwinloopPool } from "./pool.ts";
export type { PoolField, PoolQuery, PoolResult, TypeParsers } from "./pool-query.ts";
export type { Queryable } from "./queryable.ts";
export type { BigintMode, Column, Row } from "./row.ts";
export { Fragment, sql } from "./sql.ts";
import type { Transaction } from "./transaction.ts";

declare module "@twinloop/core-native" {
  interface SharedTypes {
    readonly transaction: Transaction;
  }
}

export { Transaction, type BeginOptions, type Isolation, type TransactionOptions } from "./transaction.ts";
