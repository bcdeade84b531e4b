import type { EndpointModel } from "@twinloop/core-native/build-time";
import { OperationNames } from "./operation-names.ts";
import { operationOf, streamOf, type Shared } from "./operation.ts";
import type { DescribedEndpoint, PathItem } from "./options.ts";
import { PathTemplates } from "./path-template.ts";
import { isWebSocket } from "./streams.ts";

/** The methods that stand for `*`. TRACE is none that clients send. */
const ANY_METHOD = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];

/**
 * The paths of a document, in the order of the alphabet, and what could not stand there, one sentence each.
 *
 * Limits: OpenAPI has one operation for each path and method, and takes paths that differ in the names of parameters alone
 *         for the same; the first endpoint in the order of routing stays, others are left out. `*` stands for seven methods.
 */
export function pathsOf(
  endpoints: readonly EndpointModel[],
  shared: Shared,
): { paths: Record<string, PathItem>; leftOut: string[] } {
  const paths = new Map<string, Record<string, DescribedEndpoint>>();
  const leftOut: string[] = [];
  const templates = new PathTemplates();
  const names = new OperationNames(endpoints);
  // What is named keeps its template; what takes the rest of a path comes behind it, as in routing.
  const ordered = [...endpoints].sort(
    (a, b) => rank(a) - rank(b) || (a.path < b.path ? -1 : a.path > b.path ? 1 : 0),
  );
  for (const endpoint of ordered) {
    const template = templates.of(endpoint.path);
    const methods = endpoint.methods.includes("*") ? ANY_METHOD : endpoint.methods;
    const item = paths.get(template.path) ?? {};
    paths.set(template.path, item);
    for (const method of methods) {
      const key = isWebSocket(endpoint) ? STREAM : method.toLowerCase();
      if (key in item) {
        leftOut.push(
          `${method} ${endpoint.path}: OpenAPI cannot tell its path from that of ${item[key]!.operationId}.`,
        );
        continue;
      }
      const name = names.of(endpoint, key, template.path, methods.length === 1);
      if (isWebSocket(endpoint)) item[STREAM] = streamOf(endpoint, template, name, shared);
      else item[key] = operationOf(endpoint, key, template, name, shared);
    }
  }
  return { paths: Object.fromEntries([...paths].sort(([a], [b]) => (a < b ? -1 : 1))), leftOut };
}

/** The member of a path that describes a WebSocket. */
const STREAM = "x-twinloop-stream";

/** The order of routing: paths without a rest, then `*rest`, then `!rest`. */
function rank({ path }: EndpointModel): number {
  const last = path.split("/").at(-1) ?? "";
  return last.startsWith("!") ? 2 : last.startsWith("*") ? 1 : 0;
}
