import { problem, SystemCode, type Node, type Problem } from "@twinloop/core-native/internal";
import type { PlannedEndpoint } from "./plan.ts";

/** The form of Rust's message about a type: `…types[3].items: what is wrong`, perhaps with the advice to build again. */
const FAULT = /^(.*)types\[(\d+)\](.*?)(?:; build the manifest again)?$/s;

/**
 * Turns the runtime's refusal of a type into a problem that names the endpoint and the value that use the type.
 *
 * Shape: the runtime's message, the types and the endpoints -> a problem; null for a message about
 *        something else.
 */
export function typeProblem(
  message: string,
  types: readonly Node[],
  endpoints: readonly PlannedEndpoint[],
): Problem | null {
  const [, , index, what] = FAULT.exec(message) ?? [];
  if (index === undefined || what === undefined) return null;
  const user = userOf(Number(index), types, endpoints);
  if (user === null) return null;
  const fault = what.replace(/^\.\w+: /, "").replace(/^: /, "");
  return problem(SystemCode.SchemaInvalid, `${user}: ${fault}`);
}

/**
 * Names the first use of a type: `request.title of shop.create (POST /links)`; null where no endpoint uses it, as of a
 * message's type.
 */
function userOf(index: number, types: readonly Node[], endpoints: readonly PlannedEndpoint[]): string | null {
  for (const { name, methods, path: route, request, response, events } of endpoints) {
    const places = [
      ...(request?.fields ?? []).map((field): [number, string] => [field.type, `request.${field.name}`]),
      ...(request?.body == null ? [] : [[request.body, "request"] as [number, string]]),
      ...(response?.fields ?? []).map((field): [number, string] => [field.type, `response.${field.name}`]),
      ...(response?.body == null ? [] : [[response.body, "response"] as [number, string]]),
      ...(events === undefined ? [] : [[events, "event"] as [number, string]]),
    ];
    for (const [type, at] of places) {
      const path = pathTo(index, type, types, new Set());
      if (path !== null) return `${at}${path} of ${name} (${methods.join(",")} ${route})`;
    }
  }
  return null;
}

/**
 * The steps from one type to another within it, such as `.items[].price`; null where it is not there. `seen` ends the walk of
 * types that contain themselves.
 */
function pathTo(wanted: number, from: number, types: readonly Node[], seen: Set<number>): string | null {
  if (from === wanted) return "";
  const node = types[from];
  if (node === undefined || seen.has(from)) return null;
  seen.add(from);
  for (const [inner, step] of inside(node)) {
    const path = pathTo(wanted, inner, types, seen);
    if (path !== null) return step + path;
  }
  return null;
}

/**
 * The types that a type is made of, each with the step to it: `.name`, `[]` for elements, `[1]` of a tuple, `{}` for further
 * properties.
 */
function inside(node: Node): [number, string][] {
  switch (node.kind) {
    case "array":
      return [[node.items, "[]"]];
    case "tuple":
      return [
        ...node.items.map(({ type }, index): [number, string] => [type, `[${index}]`]),
        ...(node.rest === null ? [] : [[node.rest, "[]"] as [number, string]]),
      ];
    case "object":
      return [
        ...node.properties.map(({ type, name }): [number, string] => [type, `.${name}`]),
        ...(node.additional === null ? [] : [[node.additional.value, "{}"] as [number, string]]),
      ];
    case "union":
      return node.arms.map((arm): [number, string] => [arm, ""]);
    default:
      return [];
  }
}
