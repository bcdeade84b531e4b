/**
 * What callers know of an endpoint, as types: `typeof endpoint` is all that `@twinloop/client` and other typed callers need.
 *
 * The types split a request as the compiler does: path parameters; the query of GET, HEAD and DELETE; a body of other
 * methods; headers and cookies by their markers. All of it is erased at build time.
 */
import type { Content, CSV, HTML, TextBody } from "./body/content.ts";
import type { BytesKey, FormKey, MultipartKey } from "./body/form.ts";
import type { UploadedFile } from "./body/uploaded-file.ts";
import type { OpenedAnswer } from "./opened-answer.ts";
import type { APIOptions, Method } from "./options.ts";
import type { CookieKey, HeaderKey, QueryKey, ResponseKey, SealedKey } from "./place.ts";

/** The options of an endpoint by which callers reach it, as types that keep what is written. */
export interface RouteOptions<M, P, E> {
  /** The literal that `method` was given, or its default. */
  readonly method?: M;
  /** The literal that `path` was given; empty without one. */
  readonly path?: P;
  /** Whether `expose: true` was written, which decides whether the endpoint's type shows anything to callers. */
  readonly expose?: E;
}

/** The values that `method` may have. */
export type AnyMethod = NonNullable<APIOptions["method"]>;

/**
 * The part of an exposed endpoint's type that `@twinloop/client` reads; nothing of it exists at run time. Private endpoints have
 * none.
 */
export type Exposed<E, T extends EndpointType> = [E] extends [true]
  ? string extends T["path"]
    ? Unrouted<T>
    : { readonly "~endpoint"?: T }
  : unknown;

/**
 * The part that a client reads of an endpoint whose route its type does not know: with type arguments, as in `api<Request, Response>(…)`,
 * TypeScript infers nothing of the options.
 */
export interface Unrouted<T extends EndpointType> {
  readonly "~unrouted"?: T;
}

/** An endpoint as its callers see it. */
export interface EndpointType {
  /** The methods that it answers. */
  readonly method: unknown;
  /** The path; empty where it is the default, `/<service>.<export>`. */
  readonly path: unknown;
  /** `call` answers once, `events` with server-sent events, `raw` with what its handler writes. */
  readonly kind: "call" | "events" | "raw";
  /** The form of the request's body: `json`, `form`, `multipart`, `text` or `bytes`. */
  readonly body: unknown;
  /** Path parameters, the query of GET, HEAD and DELETE, and the body of other methods. */
  readonly input: unknown;
  /** The query of methods that have a body, by the names on the wire. */
  readonly query: unknown;
  /** The headers, by the names on the wire. */
  readonly headers: unknown;
  /** The cookies, by the names on the wire. */
  readonly cookies: unknown;
  /** The JSON of the answer, or what an event stream yields. */
  readonly output: unknown;
  /** The bodies that the answer may have: `json`, `text`, `bytes` or `file`. */
  readonly answers: unknown;
}

/** The `EndpointType` of a request and a response type. */
export interface TypedEndpoint<
  M,
  P,
  Kind extends EndpointType["kind"],
  Request,
  Response,
> extends EndpointType {
  readonly method: MethodsOf<M>;
  readonly path: P;
  readonly kind: Kind;
  readonly body: BodyForm<Request>;
  readonly input: InputOf<Request, MethodsOf<M>>;
  readonly query: [MethodsOf<M>] extends [InQuery] ? unknown : Placed<Request, QueryKey>;
  readonly headers: Placed<Request, HeaderKey>;
  readonly cookies: Placed<Request, CookieKey>;
  readonly output: OutputOf<OpenedAnswer<Awaited<Response>>>;
  readonly answers: AnswerOf<OpenedAnswer<Awaited<Response>>>;
}

/** The `EndpointType` of an endpoint whose request and response no type describes. */
export interface RawEndpointType<M, P> extends EndpointType {
  readonly method: MethodsOf<M>;
  readonly path: P;
  readonly kind: "raw";
}

/** The part that a client reads of a WebSocket's type: its handshake, and the messages that its client sends and receives. */
export interface Streamed<Handshake, Sends, Receives> {
  readonly "~stream"?: {
    readonly input: InputOf<Handshake, "GET">;
    readonly headers: Placed<Handshake, HeaderKey>;
    readonly sends: Sends;
    readonly receives: Receives;
  };
}

/** The union of the methods that an option names: all of them for `"*"`, the elements of a list. */
type MethodsOf<M> = M extends "*" ? Method : M extends readonly (infer One)[] ? One : M;

/** The methods whose fields travel in the query. */
type InQuery = "GET" | "HEAD" | "DELETE";

/** Values without fields. */
type Plain = string | number | bigint | boolean | null | undefined | void | Date | readonly unknown[];

/** Whether a type is `any`: the only type whose intersection with 1 takes 0. */
type IsAny<T> = 0 extends 1 & T ? true : false;

/** Whether a type has one of the markers: false of `any`, which would have them all. */
type Has<T, Key> =
  IsAny<T> extends true ? false : [Key & keyof NonNullable<T>] extends [never] ? false : true;

/**
 * Whether a type is a class or a subtype of it, `null` and `undefined` aside; false of `any`, and of a type that is `null` or
 * `undefined` alone.
 */
type IsA<T, Class> =
  IsAny<T> extends true
    ? false
    : [NonNullable<T>] extends [never]
      ? false
      : [NonNullable<T>] extends [Class]
        ? true
        : false;

/**
 * The form of a request's body: by the marker of the whole request, by the request's own class, or by the one field that is
 * the body.
 */
type BodyForm<Request> =
  Has<Request, MultipartKey> extends true
    ? "multipart"
    : Has<Request, FormKey> extends true
      ? "form"
      : IsA<Request, TextBody> extends true
        ? "text"
        : IsA<Request, Uint8Array> extends true
          ? "bytes"
          : Request extends Plain
            ? "json"
            : [FieldBody<Request>] extends [never]
              ? "json"
              : FieldBody<Request>;

/** The form of a body that is one field of the request. */
type FieldBody<Request> = {
  [K in keyof Request]-?: Has<Request[K], BytesKey> extends true
    ? "bytes"
    : IsA<Request[K], TextBody> extends true
      ? "text"
      : never;
}[keyof Request];

/**
 * What callers give as input: the request without headers, cookies and, where the method has a body, without its query.
 * Values that travel in another form, such as files, have the caller's type.
 */
type InputOf<Request, M> = Request extends Plain | Uint8Array
  ? Request
  : Request extends TextBody
    ? string
    : { [K in keyof Request as InputName<K, Request[K], M>]: Sent<Request[K]> };

/**
 * The name by which a caller gives a field; `never` for one that belongs elsewhere. A query field of a GET has its name on
 * the wire.
 */
type InputName<K, T, M> = K extends symbol
  ? never
  : Has<T, HeaderKey | CookieKey | SealedKey> extends true
    ? never
    : Has<T, QueryKey> extends true
      ? [M] extends [InQuery]
        ? WireName<T, QueryKey, K>
        : never
      : K;

/** What a caller gives for a field: a file of the platform for an upload, and a text for a text body. */
type Sent<T> =
  IsA<T, UploadedFile> extends true
    ? Blob | Exclude<T, UploadedFile>
    : IsA<T, readonly UploadedFile[]> extends true
      ? readonly Blob[] | Exclude<T, readonly UploadedFile[]>
      : IsA<T, TextBody> extends true
        ? string | Exclude<T, TextBody>
        : T;

/** The name of a field on the wire: that of its marker, or else its own. */
type WireName<T, Key, K> =
  NonNullable<NonNullable<T>[Key & keyof NonNullable<T>]> extends infer Name extends string
    ? "" extends Name
      ? K
      : Name
    : K;

/** The fields of one place, by their names on the wire; empty without any. */
type Placed<Request, Key> = Request extends Plain | Uint8Array
  ? unknown
  : {
      [
        K in keyof Request as Has<Request[K], Key> extends true ? WireName<Request[K], Key, K> : never
      ]: Request[K];
    };

/** The part of a response that is sent as JSON. */
type OutputOf<T> =
  IsAny<T> extends true
    ? T
    : T extends Content | Uint8Array
      ? never
      : T extends void
        ? undefined
        : T extends Plain
          ? T
          : true extends { [K in keyof T]-?: IsSentApart<T[K]> }[keyof T]
            ? { [K in keyof T as IsSentApart<T[K]> extends true ? never : K]: T[K] }
            : T;

/** Whether a response's field is sent outside of its JSON: a header, a cookie, the status, or a body of its own. */
type IsSentApart<T> = Has<T, ResponseKey> extends true ? true : IsA<T, Content>;

/** The kinds of body that a response type may be sent as, as a union: `json`, `text`, `bytes` and `file`. */
type AnswerOf<T> =
  IsAny<T> extends true
    ? "json"
    : T extends HTML | CSV | TextBody
      ? "text"
      : T extends Uint8Array
        ? "bytes"
        : T extends Content
          ? "file"
          : T extends Plain
            ? "json"
            : [FieldAnswer<T>] extends [never]
              ? "json"
              : FieldAnswer<T>;

/** The kind of a body that is one field of the response, beside headers and a status. */
type FieldAnswer<T> = {
  [K in keyof T]-?: IsA<T[K], HTML | CSV | TextBody> extends true
    ? "text"
    : IsA<T[K], Content> extends true
      ? "file"
      : never;
}[keyof T];
