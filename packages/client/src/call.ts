import { readAnswer, type AnswerForm } from "./answer.ts";
import type { CallOptions, ClientSettings } from "./client-options.ts";
import { send } from "./send.ts";
import { textsOf } from "./wire-text.ts";

/** Makes what a call resolves with out of the body of an answer. */
// oxlint-disable-next-line no-explicit-any -- what a server sends has the type that the generated function declares
type Read = (value: any, response: Response) => unknown;

/** Calls an endpoint, as a generated function says. `as` is the form of an answer that is not JSON. */
export function call<T>(
  client: ClientSettings,
  route: string,
  input: unknown,
  options: CallOptions,
  read: Read = (value) => value,
  as?: AnswerForm,
): Promise<T> {
  return send(client, route, input, options, async (response) =>
    read(await readAnswer(route, response, as), response),
  ) as Promise<T>;
}

/** Calls an endpoint whose answer may be JSON, and may be something else. */
export function callMixed<T>(
  client: ClientSettings,
  route: string,
  input: unknown,
  options: CallOptions,
  read: Read,
  as: AnswerForm,
): Promise<T> {
  return send(client, route, input, options, async (response) => {
    const isJSON = /json/i.test(response.headers.get("content-type") ?? "");
    return read(await readAnswer(route, response, isJSON || !response.body ? "json" : as), response);
  }) as Promise<T>;
}

/** Reads a header of an answer by the kind of its type. */
export function headerOf({ headers }: Response, name: string, kind: string): unknown {
  const text = headers.get(name);
  if (text === null) return undefined;
  if (kind === "number") return Number(text);
  if (kind === "boolean") return text === "true";
  if (kind === "bigint") return BigInt(text);
  if (kind === "date") return new Date(text);
  return kind === "array" ? text.split(/, */) : text;
}

/** Writes cookies as the header that carries them, percent-encoded; a list by repetition; nothing without any. */
export function cookiesOf(cookies: Readonly<Record<string, unknown>>): string | undefined {
  const pairs = Object.entries(cookies).flatMap(([name, value]) =>
    textsOf(value, `cookie.${name}`).map((text) => `${name}=${encodeURIComponent(text)}`),
  );
  return pairs.join("; ") || undefined;
}
