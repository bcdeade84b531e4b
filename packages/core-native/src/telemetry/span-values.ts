/** A value of an attribute: a text, a number, a boolean, or a list of one of them. */
export type SpanValue = string | number | boolean | readonly (string | number | boolean | null | undefined)[];

/** The attributes of a span or an event by their names. A value of `undefined` is left out. */
export type SpanAttributes = Readonly<Record<string, SpanValue | null | undefined>>;

/** SpanAttributes as code may give them: what is no value of one is left out. */
export type GivenAttributes = Readonly<Record<string, unknown>>;

/** Most attributes of a span or an event, most events, and most links: OpenTelemetry's default limits. */
export const MOST_VALUES = 128;

/** Most characters of a text; what is longer is cut. */
const MOST_TEXT = 8_192;

/** A value as a span keeps it; `undefined` for what is no value of an attribute. Never throws. */
export function attributeValue(value: unknown): SpanValue | undefined {
  switch (typeof value) {
    case "string":
      return value.length > MOST_TEXT ? value.slice(0, MOST_TEXT) : value;
    case "boolean":
      return value;
    case "number":
      // JSON has neither.
      return Number.isFinite(value) ? value : String(value);
    case "bigint":
      return String(value);
    default:
      return Array.isArray(value) ? listOf(value) : undefined;
  }
}

function listOf(values: readonly unknown[]): SpanValue {
  return values.slice(0, MOST_VALUES).map((value) => {
    const kept = attributeValue(value);
    return typeof kept === "object" || kept === undefined ? null : kept;
  });
}

/** Adds attributes to those that are kept; what is beyond the most is left out. */
export function addAttributes(kept: Record<string, SpanValue>, given: GivenAttributes | undefined): void {
  for (const [name, value] of Object.entries(given ?? {})) setAttribute(kept, name, value);
}

/** Sets one attribute. Never throws. */
export function setAttribute(kept: Record<string, SpanValue>, name: string, value: unknown): void {
  const fits = attributeValue(value);
  if (fits === undefined || name === "") return;
  if (!Object.hasOwn(kept, name) && Object.keys(kept).length >= MOST_VALUES) return;
  kept[name] = fits;
}
