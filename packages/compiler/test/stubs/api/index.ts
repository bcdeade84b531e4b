export type * from "../../../../api/src/validate.ts";
export type * from "../../../../api/src/place.ts";

interface Options {
  method?: string | readonly string[];
  path?: string;
  expose?: boolean;
  request?: unknown;
  response?: unknown;
}

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
  static(options: Options & { dir: string }): void;
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
  constructor(name: string);
}
