import type { StaticValue } from "./static-value.ts";
import { templatePattern } from "../types/template.ts";
import type { Shape, Type, TypeSource } from "../typescript/type-source.ts";

/** The members of an option's type, by their use. */
export interface OptionArms {
  /** Whether the option accepts any value: `any`, `unknown`, a type parameter. */
  readonly takesAny: boolean;
  /** Whether an object's property names are unknown. */
  readonly isOpen: boolean;
  /** The object types. */
  readonly objects: readonly Type[];
  readonly isObject: boolean;
  readonly isCallable: boolean;
  /** The property names of the object types, with their types. */
  readonly names: ReadonlyMap<string, readonly Type[]>;
  /** The property names that all object types require. */
  readonly required: readonly string[];
  readonly literals: readonly (string | number | boolean | bigint)[];
  /** The element types of the array types. */
  readonly elements: readonly Type[];
  /** The kinds of the scalar types; `string` stands for templates and literals too. */
  readonly kinds: ReadonlySet<string>;
}

const anything: ReadonlySet<Shape["kind"]> = new Set([
  "any",
  "unknown",
  "unresolved",
  "generic",
  "nonPrimitive",
]);

const plain: ReadonlySet<Shape["kind"]> = new Set([
  "literal",
  "string",
  "number",
  "boolean",
  "null",
  "template",
  "array",
]);

/** Splits the types of one option, or of the options object. */
export function optionArms(source: TypeSource, types: readonly Type[]): OptionArms {
  const arms = flatten(source, types).map((type) => ({ type, shape: source.shape(type) }));
  const objects = arms.filter(({ shape }) => isPlainObject(shape));
  const names = new Map<string, Type[]>();
  let required: string[] | null = null;
  for (const { type } of objects) {
    const properties = source.properties(type).filter(({ symbolKey }) => !symbolKey);
    for (const { name, type: own } of properties) names.set(name, [...(names.get(name) ?? []), own]);
    const needed = properties.filter(({ optional }) => !optional).map(({ name }) => name);
    required = required === null ? needed : required.filter((name) => needed.includes(name));
  }
  const takesAny = arms.some(({ shape }) => anything.has(shape.kind));
  return {
    takesAny,
    isOpen: takesAny || objects.length === 0,
    objects: objects.map(({ type }) => type),
    isObject: objects.length > 0,
    isCallable: arms.some(({ shape }) => shape.kind === "object" && shape.callable),
    names,
    required: required ?? [],
    literals: arms.flatMap(({ shape }) => (shape.kind === "literal" ? [shape.value] : [])),
    elements: arms.flatMap(({ shape }) => elementsOf(shape)),
    kinds: new Set(arms.map(({ shape }) => scalarKind(shape))),
  };
}

/** The value types of index signatures, for names that are not listed; empty where other names are refused. */
export function typesOfAnyName(source: TypeSource, { objects }: OptionArms): readonly Type[] {
  return objects.flatMap((type) => source.indexSignatures(type).map(({ value }) => value));
}

/** Whether a static value fits one of these types. */
export function fitsOption(source: TypeSource, value: StaticValue, types: readonly Type[]): boolean {
  return flatten(source, types).some((type) => {
    const shape = source.shape(type);
    if (anything.has(shape.kind)) return true;
    if (Array.isArray(value)) return fitsList(source, value, shape);
    if (shape.kind === "literal") return shape.value === value;
    if (shape.kind === "template") return typeof value === "string" && fitsTemplate(source, value, shape);
    if (shape.kind === "null") return value === null;
    if (shape.kind === "number") return typeof value === "number" && Number.isFinite(value);
    return shape.kind === typeof value;
  });
}

function fitsList(source: TypeSource, values: readonly StaticValue[], shape: Shape): boolean {
  if (shape.kind === "array") return values.every((value) => fitsOption(source, value, [shape.element]));
  if (shape.kind !== "tuple") return false;
  return values.every((value, index) => {
    const element = shape.elements[Math.min(index, shape.elements.length - 1)];
    return element !== undefined && fitsOption(source, value, [element.type]);
  });
}

function elementsOf(shape: Shape): readonly Type[] {
  if (shape.kind === "array") return [shape.element];
  return shape.kind === "tuple" ? shape.elements.map(({ type }) => type) : [];
}

function fitsTemplate(
  source: TypeSource,
  value: string,
  shape: Extract<Shape, { kind: "template" }>,
): boolean {
  const pattern = templatePattern(shape, source);
  return pattern === null || new RegExp(pattern, "u").test(value);
}

/** The types in words: `true or false`, `a number or null`, `"GET", "POST" or a list`. */
export function describeOption(source: TypeSource, types: readonly Type[]): string {
  const flat = flatten(source, types);
  const isTemplate = (type: Type): boolean => source.shape(type).kind === "template";
  const words = new Set(flat.filter((type) => !isTemplate(type)).map((type) => describe(source, type)));
  if (words.delete("`true`") && words.delete("`false`")) words.add("true or false");
  // A template with many spellings is described by a common example.
  const samples = flat.filter(isTemplate).map((type) => sample(source, source.shape(type) as TemplateShape));
  const [first] = samples;
  const isDuration = samples.includes("5s");
  if (isDuration && words.delete("a number")) words.add("a number of milliseconds");
  if (first !== undefined) words.add(`a text such as \`"${isDuration ? "5s" : first}"\``);
  const list = [...words].sort((a, b) => Number(a === "null") - Number(b === "null"));
  const last = list.pop() ?? "something else";
  return list.length === 0 ? last : `${list.join(", ")} or ${last}`;
}

function describe(source: TypeSource, type: Type): string {
  const shape = source.shape(type);
  switch (shape.kind) {
    case "literal":
      return typeof shape.value === "bigint" ? `\`${shape.value}n\`` : `\`${JSON.stringify(shape.value)}\``;
    case "boolean":
      return "true or false";
    case "string":
      return "a text";
    case "number":
      return "a number";
    case "array":
    case "tuple":
      return "a list";
    case "null":
      return "null";
    case "object":
      return shape.callable ? "a function" : "an object";
    default:
      return "an object";
  }
}

type TemplateShape = Extract<Shape, { kind: "template" }>;

function sample(source: TypeSource, { texts, spans }: TemplateShape): string {
  const fills = spans.map((span) => {
    const shape = source.shape(span);
    const one = shape.kind === "union" ? source.shape(shape.parts[0]!) : shape;
    return one.kind === "literal" ? String(one.value) : one.kind === "number" ? "5" : "x";
  });
  return texts.map((text, index) => text + (fills[index] ?? "")).join("");
}

/** The members of unions, without `undefined`, which only means that the option may be absent. */
function flatten(source: TypeSource, types: readonly Type[]): Type[] {
  return types.flatMap((type) => {
    const shape = source.shape(type);
    if (shape.kind === "union") return flatten(source, shape.parts);
    if (shape.kind === "intersection") return [mainPart(source, type, shape.parts)];
    if (shape.kind === "generic") return bounded(source, type);
    return shape.kind === "undefined" || shape.kind === "never" ? [] : [type];
  });
}

/** What a type parameter stands for where its constraint lists plain values, as `Exposed extends boolean`; otherwise itself. */
function bounded(source: TypeSource, parameter: Type): Type[] {
  const constraint = source.constraint(parameter);
  const arms = constraint === null ? [] : flatten(source, [constraint]);
  const isPlain = arms.length > 0 && arms.every((arm) => plain.has(source.shape(arm).kind));
  return isPlain ? arms : [parameter];
}

/**
 * The part of an intersection that exists at run time: its scalar where it has one, as in `keyof T & string`; otherwise
 * the whole.
 */
function mainPart(source: TypeSource, whole: Type, parts: readonly Type[]): Type {
  const isObject = (part: Type): boolean => isPlainObject(source.shape(part));
  const scalar = parts.find((part) => !isObject(part) && !anything.has(source.shape(part).kind));
  return scalar ?? parts.find((part) => anything.has(source.shape(part).kind)) ?? whole;
}

function isPlainObject(shape: Shape): boolean {
  return shape.kind === "intersection" || (shape.kind === "object" && !shape.callable);
}

function scalarKind(shape: Shape): string {
  if (shape.kind === "template" || shape.kind === "stringMapping") return "string";
  return shape.kind === "literal" ? typeof shape.value : shape.kind;
}
