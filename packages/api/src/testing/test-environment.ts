/** The variables that a test sets in the environment of the process, until they are restored. */
export class Environment {
  readonly #before: Readonly<Record<string, string | undefined>>;

  /** Sets variables; `undefined` removes one. */
  constructor(given: Readonly<Record<string, string | undefined>>) {
    this.#before = Object.fromEntries(Object.keys(given).map((name) => [name, process.env[name]]));
    write(given);
  }

  /** Sets the variables back to what they were. */
  restore(): void {
    write(this.#before);
  }
}

function write(variables: Readonly<Record<string, string | undefined>>): void {
  for (const [name, value] of Object.entries(variables)) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
}
