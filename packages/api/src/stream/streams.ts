/** How a stream has ended. */
export interface StreamEnd {
  /** The close code (RFC 6455, section 7.4): 1000 when it ended as it should, 1006 when the connection was lost. */
  readonly code: number;
  /** The reason that came with the code; empty without any. */
  readonly reason: string;
}

/**
 * What every stream can do. `await using` closes it with 1000 at the end of its scope; a stream whose handler has returned is
 * closed in any case.
 */
export interface ClosableStream extends AsyncDisposable {
  /**
   * Closes the stream after the messages that were sent.
   *
   * Shape:  a close code (default 1000; 1001, 1008, 1011 and their like, or 3000 to 4999) and a reason of at most 123 bytes.
   * Errors: `RangeError` for another code or a longer reason.
   */
  close(code?: number, reason?: string): Promise<void>;
  /** Resolves when the stream has ended, whoever ended it; never rejects. */
  readonly closed: Promise<StreamEnd>;
}

/**
 * The messages that a client sends. `for await (const message of stream)` ends with the stream, however it ends; what was
 * received before is delivered first.
 *
 * Units:  at most 16 messages are read ahead of the handler; further ones stay with the client.
 */
export interface StreamIn<Request> extends AsyncIterable<Request>, ClosableStream {
  /** Receives the next message. Rejects with an `APIError` (`canceled`) when the stream has ended. */
  recv: () => Promise<Request>;
}

/** The messages that a client is sent. */
export interface StreamOut<Response> extends ClosableStream {
  /**
   * Sends a message. Resolves when another may be sent: a sender that awaits it sends no faster than the client reads.
   *
   * Units:  at most 64 messages or 64 KiB are on their way; a client that lets 16 MiB pile up, because nobody awaits, is closed with
   *         1008.
   * Errors: rejects with an `APIError`: `canceled` when the stream has ended, `internal` for a message that does not fit its type. Not
   *         to await is safe: such an error is then logged, and nothing else.
   */
  send: (message: Response) => Promise<void>;
}

/** A stream on which both sides send. Both directions are independent: a handler may send while it waits for a message. */
export type StreamInOut<Request, Response> = StreamIn<Request> & StreamOut<Response>;

/** A `StreamOut` whose other end gives a response; the name that Encore's clients have for `api.streamIn`. */
export interface StreamOutWithResponse<Request, Response> extends StreamOut<Request> {
  /** The response of the stream, when its other end has given it. */
  response: () => Promise<Response>;
}

/** The handler of `api.streamInOut`, as the declared endpoint shows it; the handshake is left out where it has no type. */
export type StreamInOutHandlerFn<HandshakeData, Request, Response> = HandshakeData extends void
  ? (stream: StreamInOut<Request, Response>) => Promise<void>
  : (data: HandshakeData, stream: StreamInOut<Request, Response>) => Promise<void>;

/** The handler of `api.streamOut`. */
export type StreamOutHandlerFn<HandshakeData, Response> = HandshakeData extends void
  ? (stream: StreamOut<Response>) => Promise<void>
  : (data: HandshakeData, stream: StreamOut<Response>) => Promise<void>;

/** The handler of `api.streamIn`. */
export type StreamInHandlerFn<HandshakeData, Request, Response> = HandshakeData extends void
  ? (stream: StreamIn<Request>) => Promise<Response>
  : (data: HandshakeData, stream: StreamIn<Request>) => Promise<Response>;
