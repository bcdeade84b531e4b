import { inspect } from "node:util";
import { secretStore } from "@twinloop/core-native/internal";
import { log } from "@twinloop/core-native";
import { check, type Checked } from "./check.ts";
import { registerComponent } from "./component.ts";
import { SecretError } from "./error.ts";
import type { SecretOptions } from "./options.ts";
import { requireOptions } from "./option-rules.ts";
import { places } from "./places.ts";
import { invalidName, invalidValue, missing } from "./problem.ts";
import { providers } from "./provider.ts";
import { secrets, type Handle } from "./registry.ts";

/**
 * A secret: a function that returns the current value. Printed or converted to text or JSON, a secret is `[secret Name]`.
 *
 * Errors: the call throws `SecretError` where there is no value. After `start()` a required secret always has one.
 */
export interface Secret<T = string> {
  (): T;
  /** The name that the secret was declared with. */
  readonly name: string;
}

const NAME = /^[A-Za-z_][A-Za-z0-9_.-]{0,127}$/;

/** A checked value, with the version of the text that it was made from. */
interface Cached<T> {
  /** The number of the text's version. */
  readonly version: number;
  /** The value that the schema made of the text, or the fault. */
  readonly checked: Checked<T>;
}

class Source<T> implements Handle {
  readonly name: string;
  readonly options: SecretOptions<T>;
  #cached: Cached<T> | undefined;
  #before: Checked<T> | undefined;

  constructor(name: string, options: SecretOptions<T>) {
    this.name = name;
    this.options = options;
  }

  get isRequired(): boolean {
    return !this.options.optional && this.options.default === undefined;
  }

  /** Reads the value in use. Before `start()`, local places are searched synchronously. */
  read(): T | undefined {
    let version = secretStore.version(this.name);
    if (version === 0) {
      const [loaded] = secretStore.load([this.name], places(), false);
      if (loaded?.unusable) throw SecretError.of(missing(loaded));
      version = secretStore.version(this.name);
      if (version === 0) {
        if (this.isRequired) throw SecretError.of(missing(loaded!, [], providers.length));
        return this.options.default;
      }
    }
    const checked = this.#checked(version);
    if ("wrong" in checked) throw SecretError.of(invalidValue(this.name, checked.wrong));
    return checked.value;
  }

  #checked(version: number): Checked<T> {
    if (this.#cached?.version === version) return this.#cached.checked;
    const checked = check(secretStore.read(this.name) ?? "", this.options.schema);
    if (checked instanceof Promise) {
      // The value before stays in use until this isolate has checked the new one.
      if (this.#cached) return this.#cached.checked;
      return { wrong: "its schema is asynchronous, and only start() can wait for it" };
    }
    this.#keep(version, checked);
    return checked;
  }

  async verify(text: string): Promise<string | undefined> {
    const checked = await check(text, this.options.schema);
    return "wrong" in checked ? checked.wrong : undefined;
  }

  async check(text: string, version: number): Promise<string | undefined> {
    if (this.#cached?.version !== version) this.#keep(version, await check(text, this.options.schema));
    const checked = this.#cached?.checked;
    return checked && "wrong" in checked ? checked.wrong : undefined;
  }

  // Without a schema, nothing is kept: the text stays in Rust.
  #keep(version: number, checked: Checked<T>): void {
    if (!this.options.schema || this.#cached?.version === version) return;
    this.#before = this.#cached?.checked;
    this.#cached = { version, checked };
  }

  async changed(text: string, before: string | undefined): Promise<void> {
    const { onChange, schema } = this.options;
    if (!onChange) return;
    const now = schema ? this.#cached?.checked : { value: text as T };
    const past = schema ? this.#before : { value: before as T | undefined };
    if (!now || "wrong" in now) return;
    try {
      await onChange(now.value, past && "value" in past ? past.value : undefined);
    } catch (error) {
      log.error(error, `failed to run onChange of ${label(this.name)}`, { secret: this.name });
    }
  }
}

function label(name: string): string {
  return `[secret ${name}]`;
}

/**
 * Declares a secret.
 *
 * The value is searched in this order, by the name and then by the name in capitals (`StripeKey`, `STRIPE_KEY`): the
 * environment; the file that the variable with `_FILE` names; the folder `/run/secrets` (`SECRETS_DIR`); with NODE_ENV
 * development or test, `.env.local` and `.env` in the app's root; the providers. One line break at the end of a value
 * is cut. `start()` reports all secrets that are missing or do not fit, in one error.
 *
 * Shape:  a name of letters, digits, `_`, `.` and `-` -> a function that gives the current value.
 * Errors: `SecretError` `config_invalid` for a name that cannot be one.
 * Example: `const stripeKey = secret("StripeKey"); … stripeKey()`
 */
export function secret<T = string>(
  name: string,
  options: SecretOptions<T> & { readonly optional: true; readonly default?: undefined },
): Secret<T | undefined>;
export function secret<T = string>(name: string, options?: SecretOptions<T>): Secret<T>;
export function secret<T = string>(name: string, options: SecretOptions<T> = {}): Secret<T | undefined> {
  if (!NAME.test(name)) throw SecretError.of(invalidName(name));
  requireOptions(name, options);
  const source = new Source(name, options);
  secrets.push(source as Handle);
  registerComponent();
  const shown = (): string => label(name);
  const read = (): T | undefined => source.read();
  return Object.defineProperties(read, {
    name: { value: name },
    toString: { value: shown },
    toJSON: { value: shown },
    [Symbol.toPrimitive]: { value: shown },
    [inspect.custom]: { value: shown },
  }) as Secret<T | undefined>;
}
