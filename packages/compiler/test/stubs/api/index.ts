import type { Run } from "./core-native/index.ts";

export { HandlerResponse, middleware } from "./core-native/index.ts";
export { start } from "@twinloop/core-native";
export type * from "../../../../api/src/validate.ts";
export type * from "../../../../api/src/place.ts";
import type { APIOptions } from "../../../../api/src/options.ts";
import type { StaticOptions } from "../../../../api/src/static-options.ts";

import type { AuthHandlerOptions } from "../../../../api/src/auth/auth-options.ts";

type Options = APIOptions;

type Handler<Request, Response> = (
  request: Request,
  context: { signal: AbortSignal },
) => Promise<Response> | Response;

interface Api {
  <Request = void, Response = void>(
    options: Options,
    handler: Handler<Request, Response>,
  ): (request: Request) => Promise<Response>;
  raw(options: Options, handler: (request: unknown, response: unknown) => void): void;
  static(options: StaticOptions): void;
  sse<Request = void, Event = unknown>(
    options: Options,
    handler: (
      request: Request,
      context: { signal: AbortSignal },
    ) => AsyncIterable<Event> | Promise<AsyncIterable<Event>>,
  ): (request: Request) => AsyncIterable<Event>;
  streamIn<In, Out = void>(options: Options, handler: (stream: AsyncIterable<In>) => Promise<Out>): void;
  streamOut<Handshake, Out>(
    options: Options,
    handler: (handshake: Handshake, stream: { send(message: Out): void }) => Promise<void>,
  ): void;
  streamInOut<In, Out>(
    options: Options,
    handler: (stream: AsyncIterable<In> & { send(message: Out): void }) => Promise<void>,
  ): void;
}

export declare const api: Api;

export declare class Service {
  constructor(name: string, options?: { readonly middlewares?: readonly Run[] });
}

export declare function authHandler<Params extends object, Data extends { userID: string }>(
  run: (params: Params) => Promise<Data | null> | Data | null,
  options?: AuthHandlerOptions,
): { forget(params: Params): void };

export declare function jwt(options: object): { forget(params: object): void };

export declare class Gateway {
  constructor(options: { authHandler?: object; authHandlers?: Record<string, object> });
}

declare const form: unique symbol;
declare const multipart: unique symbol;
declare const bytesBody: unique symbol;

export type Form<T extends object> = T & { readonly [form]?: true };
export type Multipart<T extends object> = T & { readonly [multipart]?: true };
export type BytesBody = Uint8Array & { readonly [bytesBody]?: true };
export declare class UploadedFile {
  readonly name: string;
  bytes(): Promise<Uint8Array>;
}
export declare abstract class Content {
  readonly status: number;
}
export declare class HTML extends Content {
  constructor(text: string);
  readonly text: string;
}
export declare class CSV extends Content {
  constructor(text: string);
}
export declare class TextBody extends Content {
  constructor(text: string, type?: string);
  readonly text: string;
  get type(): string;
}
export declare class FileBody extends Content {
  readonly path: string;
}
export declare class Redirect extends Content {
  private readonly url: string;
}
export declare function redirect(url: string, status?: 301 | 302 | 303 | 307 | 308): Redirect;
export declare function file(path: string): FileBody;

declare const signedCookie: unique symbol;
declare const encryptedCookie: unique symbol;

export interface SignedCookie<T, Name extends string = ""> {
  value: T;
  maxAge?: number;
  readonly [signedCookie]?: Name;
}
export interface EncryptedCookie<T, Name extends string = ""> {
  value: T;
  maxAge?: number;
  readonly [encryptedCookie]?: Name;
}
