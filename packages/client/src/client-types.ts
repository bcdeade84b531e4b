import type { AnswerForm } from "./answer.ts";
import type { CallOptions, ClientOptions, HeaderValues, ClientSettings } from "./client-options.ts";
import type { RouteOfKind, Routes } from "./endpoint-types.ts";
import type { EncodedAs } from "./request.ts";

/** A client of an app: a function of its routes. */
export interface Client<App = unknown> {
  /** Calls an endpoint. Errors: an `APIError`. */
  <R extends CalledRoute<App>, As extends AsOf<Routes<App>[R]> = DefaultAs<Routes<App>[R]>>(
    route: R,
    ...given: Given<Routes<App>[R], As>
  ): Promise<Answer<Routes<App>[R], As>>;
  /** Makes a client with other options in the place of this one's. */
  with(options: ClientOptions): Client<App>;
  /** What `events` and `connect` need of a client. Not for apps. */
  readonly "~settings": ClientSettings;
}

/** The text of a route: `GET /links/:slug`. */
export type RouteText =
  `${"GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS" | "TRACE"} /${string}`;

/** The routes that are answered once. */
export type CalledRoute<App> = RouteOfKind<Routes<App>, "call" | "raw">;

/** A function of one endpoint. */
export type EndpointCaller<T> = <As extends AsOf<T> = DefaultAs<T>>(
  ...given: Given<T, As>
) => Promise<Answer<T, As>>;

/** The arguments after the route: the input, where there is one, and options. */
export type Given<T, As = "json"> =
  IsEmpty<OptionsOf<T, As>> extends true
    ? IsEmpty<InputOf<T>> extends true
      ? [input?: InputOf<T>, options?: CallOptionsOf<T, As>]
      : [input: InputOf<T>, options?: CallOptionsOf<T, As>]
    : [input: InputOf<T>, options: CallOptionsOf<T, As>];

/** Whether a value may be left out: nothing of it is required. */
type IsEmpty<T> = undefined extends T ? true : Record<never, never> extends T ? true : false;

/** The input of an endpoint, in the form of its body. */
export type InputOf<T> = T extends { readonly kind: "raw" }
  ? unknown
  : T extends { readonly body: infer Body; readonly input: infer Input }
    ? [Input] extends [void]
      ? undefined
      : Body extends "json"
        ? Input
        : EncodedAs<Body & string, Input>
    : never;

/** The options of a call, with `query` and `headers` as the endpoint's marked fields type them. */
type CallOptionsOf<T, As> = Omit<CallOptions, keyof OptionsOf<T, As>> & OptionsOf<T, As>;

/** The options that an endpoint's marked fields and its answer make. */
type OptionsOf<T, As> = PlaceOption<T, "query", unknown> &
  PlaceOption<T, "headers", HeaderValues> &
  ([DefaultAs<T>] extends [never] ? { readonly as: As } : { readonly as?: As });

/** The option of one place; required where one of its fields is. */
type PlaceOption<T, Place extends string, More> = T extends { readonly [P in Place]: infer Fields }
  ? [keyof Fields] extends [never]
    ? unknown
    : IsEmpty<Fields> extends true
      ? { readonly [P in Place]?: Fields & More }
      : { readonly [P in Place]: Fields & More }
  : unknown;

/** The forms in which an endpoint's answer can be asked for. */
export type AsOf<T> = T extends { readonly kind: "raw" }
  ? Exclude<AnswerForm, "json">
  : T extends { readonly answers: infer Kinds }
    ? "response" | ("json" extends Kinds ? "json" : never) | ([Kinds] extends ["json"] ? never : BodyForms)
    : never;

/** The forms of a body that is not JSON. */
type BodyForms = "text" | "arrayBuffer" | "blob";

/** The form without asking: JSON, where the endpoint answers with any. */
export type DefaultAs<T> = "json" & AsOf<T>;

/** What a call resolves with. */
export type Answer<T, As> = [As] extends ["response"]
  ? Response
  : [As] extends ["text"]
    ? string
    : [As] extends ["arrayBuffer"]
      ? ArrayBuffer
      : [As] extends ["blob"]
        ? Blob
        : T extends { readonly output: infer Output }
          ? Output
          : never;
