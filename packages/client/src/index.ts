/**
 * Calls a Twinloop app from browsers, Node, Bun and Deno, typed by the app itself.
 *
 * @packageDocumentation
 */
export { APIError, type ErrorFacts } from "./api-error.ts";
export type { AnswerForm } from "./answer.ts";
export { bytes, form, multipart, text } from "./body.ts";
export type { CallOptions, ClientOptions, HeaderValues, ClientSettings } from "./client-options.ts";
export type { Answer, Client, EndpointCaller, Given, InputOf, RouteText } from "./client-types.ts";
export { createClient } from "./create-client.ts";
export type { Routes } from "./endpoint-types.ts";
export { events } from "./events.ts";
export type { EventOptions } from "./follow.ts";
export type { Encoded, EncodedAs } from "./request.ts";
export { retry, type Retry } from "./retry.ts";
export type { Revival } from "./revive.ts";
export { connect } from "./connect.ts";
export type { ConnectOptions } from "./open-connection.ts";
export { Connection, type ConnectionEnd } from "./connection.ts";
export { endpoint } from "./endpoint.ts";
export { withResponse, type WithResponse } from "./with-response.ts";
