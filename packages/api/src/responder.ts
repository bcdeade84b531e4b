import {
  buildSerializer,
  type Node,
  type ResponseField,
  type ResponsePlace,
} from "@twinloop/core-native/internal";
import { encodeCookie } from "./cookie.ts";

/** What an answer is made of, ready to be handed over. */
export interface Answer {
  readonly status: number;
  /** JSON `[["name","value"],…]`; empty without any. */
  readonly headers: string;
  readonly body: string;
}

/** Turns a handler's result into an answer, checked and stripped by the declared response type. */
export type Responder = (result: unknown) => Answer;

type Fields = Readonly<Record<string, unknown>>;

/** Builds the responder of an endpoint once, at start. */
export function buildResponder(types: readonly Node[], place: ResponsePlace | null): Responder {
  if (place === null) return () => ({ status: 200, headers: "", body: "" });
  const serialize = place.body === null ? () => "" : buildSerializer(types, place.body);
  if (place.fields.length === 0) return (result) => ({ status: 200, headers: "", body: serialize(result) });

  const fields = place.fields.map((field) => ({ ...field, verify: verifier(types, field) }));
  return (result) => {
    const from = (result ?? {}) as Fields;
    const headers: [string, string][] = [];
    let status = 200;
    for (const { name, in: place_, wire, optional, verify } of fields) {
      const value = from[name];
      if (value === undefined && optional) continue;
      verify(value);
      if (value === null) continue;
      if (place_ === "status") status = checkedStatus(value);
      else if (place_ === "cookie") headers.push(["set-cookie", encodeCookie(wire, value)]);
      else for (const one of Array.isArray(value) ? value : [value]) headers.push([wire, text(one)]);
    }
    return { status, headers: headers.length === 0 ? "" : JSON.stringify(headers), body: serialize(result) };
  };
}

/** Throws for a value that does not fit its field. A cookie's attributes are its own encoder's matter. */
function verifier(
  types: readonly Node[],
  { name, in: place, type }: ResponseField,
): (value: unknown) => void {
  return place === "cookie" ? () => undefined : buildSerializer(types, type, `response.${name}`);
}

function checkedStatus(value: unknown): number {
  if (Number.isInteger(value) && Number(value) >= 200 && Number(value) <= 599) return Number(value);
  throw new TypeError(`response status must be a whole number from 200 to 599, found ${String(value)}`);
}

function text(value: unknown): string {
  return value instanceof Date ? value.toUTCString() : String(value);
}
