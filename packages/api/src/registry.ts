import type { Context } from "./context.ts";
import type { APIOptions } from "./options.ts";

/** A handler as the runtime calls it. */
export type Handler = (request: never, context: Context) => unknown;

/** A declared endpoint. */
export interface Endpoint {
  /** Whether its handler answers once, or yields events. */
  readonly kind: "typed" | "sse";
  readonly options: APIOptions;
  readonly handler: Handler;
  /** `<service>.<export>`, once the loader or the manifest has told. */
  name: string | undefined;
  /** The route, from the options or from the name. */
  path: string | undefined;
}

const declared: Endpoint[] = [];
const byFunction = new WeakMap<object, Endpoint>();

/** Adds an endpoint and ties it to the function that stands for it. */
export function declare(endpoint: Endpoint, callable: object): void {
  declared.push(endpoint);
  byFunction.set(callable, endpoint);
}

/** The endpoints of this isolate, in the order of their declaration. */
export function endpoints(): readonly Endpoint[] {
  return declared;
}

/** The methods an endpoint answers, sorted; `["*"]` for any. */
export function methodsOf({ method = "POST" }: APIOptions): readonly string[] {
  return typeof method === "string" ? [method] : [...method].sort();
}

const NAME_HOOK = Symbol.for("twinloop.name");

type NameHook = (exports: Readonly<Record<string, unknown>>, service: string) => void;

/**
 * Lets the loader and bundler plugin tell endpoints without a path what they are called: at the end of a module they
 * call `globalThis[Symbol.for("twinloop.name")]?.({ ping }, "service")`.
 */
const nameEndpoints: NameHook = (exports, service) => {
  for (const [name, value] of Object.entries(exports)) {
    const endpoint = typeof value === "function" ? byFunction.get(value) : undefined;
    if (!endpoint) continue;
    endpoint.name = `${service}.${name}`;
    endpoint.path ??= `/${endpoint.name}`;
  }
};

(globalThis as { [NAME_HOOK]?: NameHook })[NAME_HOOK] = nameEndpoints;
