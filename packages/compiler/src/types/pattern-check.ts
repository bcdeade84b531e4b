import { readFileSync } from "node:fs";
import { join } from "node:path";
import { schemaFault } from "@twinloop/core-native/build-time";
import { lineOf } from "../problems/line-of.ts";
import type {
  Manifest,
  Node,
  RequestPlace,
  ResponsePlace,
  TypeIndex,
} from "@twinloop/core-native/build-time";
import type { Problem } from "../problems/problem.ts";

/**
 * Reports the patterns of a manifest that the runtime's own engine cannot compile, which would otherwise stop the app's
 * start, far from the line that is wrong.
 *
 * Shape: reports nothing where there is no addon for this machine; the start then refuses the pattern.
 */
export function patternProblems(root: string, manifest: Manifest, isComplete: boolean): Problem[] {
  const faults = new Map<string, string>();
  for (const pattern of new Set(manifest.types.flatMap(patternsOf))) {
    const fault = known.get(pattern) ?? schemaFault([{ kind: "string", patterns: [pattern] }]) ?? "";
    known.set(pattern, fault);
    if (fault !== "") faults.set(pattern, reasonOf(fault));
  }
  if (faults.size > 0) return usesOf(manifest, faults).map((use) => problemOf(root, use));
  // An incomplete manifest lacks the types that had problems.
  const fault = isComplete ? schemaFault(manifest.types) : null;
  return typeof fault === "string" ? [wholeProblem(manifest, fault)] : [];
}

/** The engine's message for each pattern, empty where it compiles; most patterns are unchanged at the next edit. */
const known = new Map<string, string>();

function patternsOf(node: Node): readonly string[] {
  if (node.kind === "string") return node.patterns ?? [];
  return node.kind === "template" ? [node.pattern] : [];
}

/** The engine's message without the text that all of them share. */
function reasonOf(fault: string): string {
  const lines = fault.split("\n").map((line) => line.trim());
  const said = lines.find((line) => line.startsWith("error: "));
  const reason = said?.slice("error: ".length) ?? lines.at(-1) ?? fault;
  return reason.replace(/; build the manifest again$/, "");
}

interface Use {
  readonly pattern: string;
  readonly reason: string;
  /** The value with the pattern, such as `request.title` of `POST /links`. */
  readonly of: string;
  readonly file: string;
  readonly line: number;
}

/** Every declaration that uses a faulty pattern, with the path of the value. */
function usesOf(manifest: Manifest, faults: ReadonlyMap<string, string>): Use[] {
  const uses = new Map<string, Use>();
  const look = (
    type: TypeIndex,
    path: string,
    whose: string,
    place: { file: string; line: number },
  ): void => {
    for (const [pattern, at] of patternsBelow(manifest.types, type, path)) {
      const reason = faults.get(pattern);
      const key = `${pattern}\0${place.file}:${place.line}`;
      if (reason !== undefined && !uses.has(key))
        uses.set(key, { pattern, reason, of: `\`${at}\` of ${whose}`, ...place });
    }
  };
  for (const { methods, path, request, response, incoming, outgoing, file, line } of manifest.endpoints) {
    const whose = `${methods.join(",")} ${path}`;
    const place = { file, line };
    for (const [type, at] of rootsOf(request, "request")) look(type, at, whose, place);
    for (const [type, at] of rootsOf(response, "response")) look(type, at, whose, place);
    if (incoming !== undefined) look(incoming, "incoming", whose, place);
    if (outgoing !== undefined) look(outgoing, "event", whose, place);
  }
  for (const { noun, name, types, file, line } of manifest.declarations) {
    for (const [of, type] of Object.entries(types)) look(type, of, `the ${noun} \`${name}\``, { file, line });
  }
  for (const { name, params, data, file, line } of manifest.authHandlers ?? []) {
    const whose = `the auth handler \`${name}\``;
    for (const [type, at] of rootsOf(params, "params")) look(type, at, whose, { file, line });
    look(data, "data", whose, { file, line });
  }
  return [...uses.values()];
}

function rootsOf(place: RequestPlace | ResponsePlace | null, name: string): [TypeIndex, string][] {
  if (place === null) return [];
  const fields = place.fields.map((field): [TypeIndex, string] => [field.type, `${name}.${field.name}`]);
  return place.body === null ? fields : [...fields, [place.body, name]];
}

/** The patterns that a type reaches, each with the first path to it. */
function patternsBelow(
  types: readonly Node[],
  from: TypeIndex,
  path: string,
): [pattern: string, path: string][] {
  const found: [string, string][] = [];
  const seen = new Set<TypeIndex>();
  const visit = (type: TypeIndex, at: string): void => {
    const node = types[type];
    if (node === undefined || seen.has(type)) return;
    seen.add(type);
    for (const pattern of patternsOf(node)) found.push([pattern, at]);
    for (const [inner, step] of inside(node)) visit(inner, at + step);
  };
  visit(from, path);
  return found;
}

function inside(node: Node): [TypeIndex, string][] {
  switch (node.kind) {
    case "array":
      return [[node.items, "[]"]];
    case "tuple":
      return [
        ...node.items.map(({ type }, index): [TypeIndex, string] => [type, `[${index}]`]),
        ...(node.rest === null ? [] : [[node.rest, "[]"] as [TypeIndex, string]]),
      ];
    case "object": {
      const properties = node.properties.map(({ type, name }): [TypeIndex, string] => [type, `.${name}`]);
      const { additional } = node;
      if (additional === null) return properties;
      const key: [TypeIndex, string][] = additional.key === null ? [] : [[additional.key, "{key}"]];
      return [...properties, ...key, [additional.value, "{}"]];
    }
    case "union":
      return node.arms.map((arm): [TypeIndex, string] => [arm, ""]);
    default:
      return [];
  }
}

function problemOf(root: string, { pattern, reason, of, file, line }: Use): Problem {
  const place = written(root, file, pattern) ?? { line, column: 1, length: 10_000 };
  const message = `${of}: the pattern \`${pattern}\` cannot be compiled: ${reason}`;
  return { code: "pattern_invalid", file, ...place, message, hint: hintFor(reason) };
}

function hintFor(reason: string): string {
  if (/look-around|backreference/.test(reason))
    return "Patterns are checked in linear time, in the syntax of Rust's `regex`: look-around and backreferences are not in it. Check that part in the handler, or write a zod schema.";
  return "Write it in the syntax of Rust's `regex` crate, which is JavaScript's without look-around and backreferences.";
}

/** The place of the pattern's literal in the declaring file; null where it is computed from other types. */
function written(
  root: string,
  file: string,
  pattern: string,
): Pick<Problem, "line" | "column" | "length"> | null {
  let text: string;
  try {
    text = readFileSync(join(root, file), "utf8");
  } catch {
    return null;
  }
  for (const literal of [
    JSON.stringify(pattern),
    `'${pattern.replaceAll("\\", "\\\\")}'`,
    `\`${pattern.replaceAll("\\", "\\\\")}\``,
  ]) {
    const at = text.indexOf(literal);
    if (at !== -1) return { ...lineOf(text, at), length: literal.length };
  }
  return null;
}

/**
 * The problem of a refusal that no pattern causes, which is a defect of the compiler; reported here so that the app is
 * not deployed with it.
 */
function wholeProblem(manifest: Manifest, fault: string): Problem {
  const [first] = manifest.endpoints;
  const place = { file: first?.file ?? "", line: first?.line ?? 0, column: 1, length: 1 };
  return { code: "pattern_invalid", ...place, message: `The runtime refuses the app's types: ${fault}` };
}
