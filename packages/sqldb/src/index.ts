/**
 * PostgreSQL whose connections, queries and retries are run by Rust.
 *
 * @packageDocumentation
 */
export { start, stop } from "@twinloop/core-native";
export { SQLDatabase } from "./database.ts";
export { SQLError, SQLState, type SQLErrorFields } from "./error.ts";
export type { QueryOptions, SQLDatabaseOptions } from "./options.ts";
export type { Parameter } from "./parameter.ts";
export type { Queryable } from "./queryable.ts";
export type { BigintMode, Column, Row } from "./row.ts";
export { Fragment, sql } from "./sql.ts";
