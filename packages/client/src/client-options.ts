import type { Retry } from "./retry.ts";

type HeaderValue = string | number | boolean | bigint | Date;

/** Headers by name; a list is sent as one header, parted by commas; null takes one of the client away. */
export type HeaderValues = Readonly<Record<string, HeaderValue | readonly HeaderValue[] | null | undefined>>;

/** What a single call may say of itself. */
export interface CallOptions {
  /** Ends the call; its error is `canceled` then. */
  readonly signal?: AbortSignal | undefined;
  /** Headers beside those of the client. */
  readonly headers?: HeaderValues | undefined;
  /** The milliseconds that the call may take, with its retries. Default 60,000; 0 for no limit. */
  readonly timeout?: number | undefined;
  /** How GET, HEAD, PUT and DELETE are sent again: `retry()`. Default never; `false` where the client says otherwise. */
  readonly retry?: Retry | false | undefined;
  /** The query of a route whose input is a body. */
  readonly query?: Readonly<Record<string, unknown>> | undefined;
}

/** The options of a client, which hold for all of its calls. */
export interface ClientOptions extends Omit<CallOptions, "headers" | "query"> {
  /** Headers of every call, or a function that makes them, such as of a token that is renewed. */
  readonly headers?: HeaderValues | (() => HeaderValues | Promise<HeaderValues>) | undefined;
  /** Whether a browser sends its cookies to another origin: `"include"`. */
  readonly credentials?: "include" | "omit" | "same-origin" | undefined;
  /** The function in the place of `fetch`, such as a test's. */
  readonly fetch?: ((url: string, init: RequestInit) => Promise<Response>) | undefined;
}

/** Where an app is, and how it is called. */
export interface ClientSettings extends ClientOptions {
  /** The address of the app without a slash at its end. */
  readonly base: string;
  /** The answers that are asked for. Default: any. */
  readonly accept?: string;
}
