/** A declared secret, as the package itself uses it. */
export interface Handle {
  /** The name that the secret was declared with. */
  readonly name: string;
  /** Whether the app cannot start without a value. */
  readonly isRequired: boolean;
  /** Checks a text. Returns the fault, without the text itself; `undefined` where the text fits. */
  verify(text: string): Promise<string | undefined>;
  /** Checks the value in use and keeps the result by its version, so that later reads find it checked. */
  check(text: string, version: number): Promise<string | undefined>;
  /** Calls `onChange` with the value in use and the value before it. */
  changed(text: string, before: string | undefined): Promise<void>;
}

/** The secrets of this isolate, in the order of their declaration; one name may be declared several times. */
export const secrets: Handle[] = [];

/** Lists the names of the declared secrets, each once. */
export function names(): string[] {
  return [...new Set(secrets.map(({ name }) => name))];
}
