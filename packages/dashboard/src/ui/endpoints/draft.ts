import type { FormField } from "./schema-fields.ts";

/**
 * What a form holds while it is filled in: text of a control (a choice is the index of its value), the parts of an object
 * by name, the entries of a list. An empty text is a value that is not given.
 */
export type Draft = string | readonly Draft[] | { readonly [name: string]: Draft };

/** A fault of a draft, with its place in the value: `links[1].url`. */
export interface DraftFault {
  readonly place: string;
  readonly message: string;
}

/** The value of a draft; `undefined` where nothing is given. `faults` is empty for a value that can be sent. */
export interface Filled {
  readonly value: unknown;
  readonly faults: readonly DraftFault[];
}

/** The draft of a field that nobody has touched: required choices begin with their first value. */
export function emptyDraft({ shape, isRequired }: FormField): Draft {
  switch (shape.kind) {
    case "object":
      return Object.fromEntries(shape.fields.map((field) => [field.label, emptyDraft(field)]));
    case "list":
      return [];
    case "choice":
      return isRequired && shape.values.length > 0 ? "0" : "";
    default:
      return "";
  }
}

/**
 * Reads the value of a draft, as far as the form knows it; the app itself judges the rest, for its refusals are worth
 * seeing too.
 *
 * Errors: faults for what cannot become a value at all: a number or JSON that does not parse, a path parameter not given.
 */
export function fill(field: FormField, draft: Draft | undefined, place = field.label): Filled {
  const { shape } = field;
  if (shape.kind === "object") return fillObject(shape.fields, draft, field.isRequired, place);
  if (shape.kind === "list") return fillList(shape.item, draft, field.isRequired, place);
  const text = typeof draft === "string" ? draft : "";
  if (shape.kind === "choice") return given(text === "" ? undefined : shape.values[Number(text)]);
  if (text === "") return given(shape.kind === "text" && field.isRequired ? "" : undefined);
  switch (shape.kind) {
    case "integer":
    case "number":
      return Number.isFinite(Number(text)) ? given(Number(text)) : fault(place, "is no number");
    case "boolean":
      return given(text === "true");
    case "date-time":
      return Number.isNaN(Date.parse(text)) ? given(text) : given(new Date(text).toISOString());
    case "json":
      return fillJson(text, place);
    default:
      return given(text);
  }
}

function fillObject(
  fields: readonly FormField[],
  draft: Draft | undefined,
  isRequired: boolean,
  place: string,
): Filled {
  const parts = draft !== null && typeof draft === "object" && !Array.isArray(draft) ? draft : {};
  const faults: DraftFault[] = [];
  const entries: [string, unknown][] = [];
  for (const field of fields) {
    const name = place === "" ? field.label : `${place}.${field.label}`;
    const filled = fill(field, (parts as Record<string, Draft>)[field.label], name);
    faults.push(...filled.faults);
    if (filled.value !== undefined) entries.push([field.label, filled.value]);
  }
  const isGiven = isRequired || entries.some(([, value]) => value !== "");
  return { value: isGiven ? Object.fromEntries(entries) : undefined, faults };
}

function fillList(item: FormField, draft: Draft | undefined, isRequired: boolean, place: string): Filled {
  const entries = Array.isArray(draft) ? (draft as readonly Draft[]) : [];
  const filled = entries.map((entry, index) => fill(item, entry, `${place}[${index}]`));
  const value = entries.length > 0 || isRequired ? filled.map((entry) => entry.value ?? null) : undefined;
  return { value, faults: filled.flatMap(({ faults }) => faults) };
}

function fillJson(text: string, place: string): Filled {
  try {
    return given(JSON.parse(text) as unknown);
  } catch (error) {
    return fault(place, `is no JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function given(value: unknown): Filled {
  return { value, faults: [] };
}

function fault(place: string, message: string): Filled {
  return { value: undefined, faults: [{ place, message }] };
}
