/**
 * The endpoints that this isolate's modules have declared, before and apart from `start()`: a declaration opens nothing and
 * reads no manifest, so that scripts and tests can import the modules of an app.
 */
import type { CodePlace } from "@twinloop/core-native/internal";
import type { Context } from "./context.ts";
import type { APIOptions } from "./options.ts";
import type { StreamKind } from "./stream/plan-stream.ts";

/** A handler as the runtime calls it. */
export type Handler = (request: never, context: Context) => unknown;

/** A declared endpoint. `name` and `path` are filled in by `nameByPlace` where the declaration leaves them to the manifest. */
export interface Endpoint {
  /**
   * `typed` for a handler that answers once, `sse` for one that yields events, `raw` for one that gets the request as it is,
   * the others for WebSockets.
   */
  readonly kind: "typed" | "sse" | "raw" | StreamKind;
  readonly options: APIOptions;
  readonly handler: Handler;
  /** The place of the declaration in the running code. */
  readonly site: CodePlace | undefined;
  /** The endpoint's name, `<service>.<export>`; `undefined` until the manifest is read. */
  name: string | undefined;
  /** The endpoint's route, from the options or from the name. */
  path: string | undefined;
}

const declared: Endpoint[] = [];

/** Adds an endpoint to those of this isolate. */
export function declare(endpoint: Endpoint): void {
  declared.push(endpoint);
}

const functions = new WeakMap<object, Endpoint>();

/**
 * Notes by which function an endpoint is called, and returns that function. A `WeakMap` and no property, so that the function
 * that apps hold shows nothing of the runtime.
 */
export function calledBy<Call extends object>(call: Call, endpoint: Endpoint): Call {
  functions.set(call, endpoint);
  return call;
}

/** The endpoint that a function calls; `undefined` for any other function. */
export function endpointOf(call: object): Endpoint | undefined {
  return functions.get(call);
}

/** The endpoints of this isolate, in the order of their declaration. */
export function endpoints(): readonly Endpoint[] {
  return declared;
}

/** The methods an endpoint answers, sorted; `["*"]` for any. */
export function methodsOf({ method = "POST" }: APIOptions): readonly string[] {
  return typeof method === "string" ? [method] : [...method].sort();
}
