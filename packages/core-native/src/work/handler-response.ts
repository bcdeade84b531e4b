import { isHeaderName, isHeaderValue } from "../errors/header-text.ts";

/**
 * The response headers that a middleware sets.
 *
 * Errors: a `TypeError` for a name or a value that no header can carry, where it is set.
 */
export class ResponseHeader {
  readonly #headers = new Map<string, { values: string[]; replaces: boolean }>();

  /** Sets a header, in place of values that the handler or another middleware has given. */
  set(key: string, value: string | readonly string[]): void {
    this.#headers.set(nameOf(key), { values: valuesOf(key, value), replaces: true });
  }

  /** Adds a header beside the values that the handler or another middleware has given. */
  add(key: string, value: string | readonly string[]): void {
    const name = nameOf(key);
    const { values = [], replaces = false } = this.#headers.get(name) ?? {};
    this.#headers.set(name, { values: [...values, ...valuesOf(key, value)], replaces });
  }

  /** The headers by name in lower case. */
  get headers(): Readonly<Record<string, string | string[]>> {
    const pairs = [...this.#headers].map(([name, { values }]) => [
      name,
      values.length === 1 ? values[0]! : values,
    ]);
    return Object.fromEntries(pairs) as Record<string, string | string[]>;
  }

  /**
   * Merges the headers into those of a handler's answer: a list of names and values. `sentAs` names the header that an
   * instruction among them becomes.
   */
  static merge(
    own: ResponseHeader,
    given: readonly (readonly [string, string])[],
    sentAs: (name: string) => string = (name) => name.toLowerCase(),
  ): (readonly [string, string])[] {
    const kept = given.filter(([name]) => own.#headers.get(sentAs(name))?.replaces !== true);
    const added = [...own.#headers].flatMap(([name, { values }]) =>
      values.map((value) => [name, value] as const),
    );
    return [...kept, ...added];
  }
}

function nameOf(key: string): string {
  if (typeof key === "string" && isHeaderName(key)) return key.toLowerCase();
  throw new TypeError(`${JSON.stringify(key)} cannot name a header`);
}

function valuesOf(key: string, value: string | readonly string[]): string[] {
  const values = [value].flat().map(String);
  if (values.every(isHeaderValue)) return values;
  throw new TypeError(`the value of the header ${key} has a line break or a control character`);
}

/**
 * The response of a handler as middleware sees it: resolved by `next()`, or made by a middleware that answers itself.
 *
 * Shape:  `payload` is what the handler has returned; the response's type is checked after the last middleware.
 *         `header` and `status` have an effect on typed endpoints; those of a raw endpoint are set by
 *         `request.rawResponse`.
 */
export class HandlerResponse {
  /** The value that the handler has returned; a middleware may replace it. */
  // oxlint-disable-next-line typescript/no-explicit-any -- as Encore has it: only the middleware knows the type
  payload: any;
  #header: ResponseHeader | undefined;
  #status: number | undefined;

  constructor(payload: unknown) {
    this.payload = payload;
  }

  /** The headers that middleware adds to the response. */
  get header(): ResponseHeader {
    return (this.#header ??= new ResponseHeader());
  }

  /** The HTTP status that a middleware has set; `undefined` where none has. */
  get status(): number | undefined {
    return this.#status;
  }

  /** Sets the HTTP status of a successful answer; a status that the handler's own response field gives stays. */
  set status(status: number) {
    if (!Number.isInteger(status) || status < 200 || status > 599)
      throw new TypeError(`the status of a response is from 200 to 599, found ${String(status)}`);
    this.#status = status;
  }

  /** The headers of a response, or `undefined` where no middleware has set one. */
  static headerOf(response: HandlerResponse): ResponseHeader | undefined {
    return response.#header;
  }
}
