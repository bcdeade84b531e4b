import { Operation } from "@twinloop/core-native/internal";

/**
 * What a handler is told about its request beside the typed input. Headers stay in Rust until they are asked for, and
 * can be read until the request has been answered.
 */
export class Context extends Operation {
  #headers: Headers | undefined;

  /** One header's value, several joined by `", "`; `undefined` when it was not sent. */
  header(name: string): string | undefined {
    return this.lookUp(`header:${name.toLowerCase()}`);
  }

  /** All headers. */
  get headers(): Headers {
    return (this.#headers ??= new Headers(JSON.parse(this.lookUpAll() ?? "[]") as [string, string][]));
  }

  /** The request's method. */
  get method(): string {
    return this.lookUp("method") ?? "";
  }

  /** Path and query as they were sent. */
  get path(): string {
    return this.lookUp("path") ?? "";
  }

  /** The caller's address, `ip:port`; behind a proxy, the proxy's. */
  get remoteAddress(): string {
    return this.lookUp("remote") ?? "";
  }
}
