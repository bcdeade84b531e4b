/** A response in the form in which Rust takes it. */
export interface Answer {
  /** The HTTP status, from 200 to 599. */
  readonly status: number;
  /** The headers as JSON, `[["name","value"],…]`; empty without any. */
  readonly headers: string;
  /** The body: JSON, or bytes of any other kind. */
  readonly body: string | Uint8Array;
}
