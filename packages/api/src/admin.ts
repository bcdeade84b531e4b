/**
 * Shows what a running app serves, for operators' tools that run within it, such as the dashboard.
 *
 * @packageDocumentation
 */
export { servedManifest } from "./http.ts";
