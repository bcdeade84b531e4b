/** What reads the bytes that a request has in Rust. */
export interface BodyReader {
  readonly path: (name: string) => string | undefined;
  readonly bytes: (name: string) => Uint8Array | undefined;
}
