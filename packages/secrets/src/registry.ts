/** The inner side of a secret. */
export interface Handle {
  readonly name: string;
  /** Whether the app can be started without a value. */
  readonly isRequired: boolean;
  /** What is wrong with a text, without the text itself; `undefined` where it fits. */
  verify(text: string): Promise<string | undefined>;
  /** The same for the value in use, by its number, so that `key()` finds it checked. */
  check(text: string, version: number): Promise<string | undefined>;
  /** Tells `onChange` of the value in use, and of the one before it. */
  changed(text: string, before: string | undefined): Promise<void>;
}

/** The secrets of this isolate, in the order of their declaration; one name may be declared several times. */
export const secrets: Handle[] = [];

/** Their names, each once. */
export function names(): string[] {
  return [...new Set(secrets.map(({ name }) => name))];
}
