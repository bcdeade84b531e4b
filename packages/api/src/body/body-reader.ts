/** What reads the bytes that a request has in Rust: by the names `body` and `file:<number>`, until the request is answered. */
export interface BodyReader {
  /** The path of the temporary file that holds the bytes; `undefined` where they are in memory or gone. */
  readonly path: (name: string) => string | undefined;
  /** The bytes; `undefined` where they are in a file or gone. */
  readonly bytes: (name: string) => Uint8Array | undefined;
}
