import { TwinloopError } from "../errors/error.ts";
import { addon } from "./description.ts";
import type { ItemHandler } from "./inbox.ts";
import { numbersOf } from "./operation-numbers.ts";
import type { Settle } from "./pending-calls.ts";
import { port } from "./port.ts";

/** The options by which a package finds its Rust half. */
export interface PrimitiveOptions<Name extends string> {
  /** The component's name in Rust, such as `cron`. */
  readonly name: string;
  /** The `import.meta.url` of the package's module: errors name the package and its version. */
  readonly from: string;
  /** The operations that the package calls. */
  readonly operations: readonly Name[];
  /** Makes the package's own error of a failure that crossed as JSON. Default `TwinloopError`. */
  readonly toError?: (failure: string) => Error;
}

/** The result of an operation as text, or, with `failed`, the failure as JSON. */
export interface Answer {
  readonly text: string;
  readonly failed: boolean;
}

/**
 * The Rust half of a package: its operations, called by name, and the jobs that it gives to this isolate.
 *
 * Nothing is attached and no thread is started before the first call.
 */
export class Primitive<Name extends string> {
  /** The component's number in every call and job. */
  readonly component: number;
  /** The numbers of the operations, for calls that are made too often to look a name up. */
  readonly operation: Readonly<Record<Name, number>>;
  readonly #toError: (failure: string) => Error;

  constructor(
    component: number,
    operation: Readonly<Record<Name, number>>,
    toError: (failure: string) => Error,
  ) {
    this.component = component;
    this.operation = operation;
    this.#toError = toError;
  }

  /**
   * Runs one operation.
   *
   * Shape:  arguments, as JSON can carry them -> its parsed result, `undefined` for an empty one.
   * Errors: the package's own error, whose stack names the caller.
   */
  async call<T>(operation: Name, argument: unknown = null): Promise<T> {
    const { text, failed } = await this.ask(this.operation[operation], JSON.stringify(argument));
    if (failed) throw this.#toError(text);
    return (text === "" ? undefined : JSON.parse(text)) as T;
  }

  /** Runs one operation by its number, with arguments and a result as texts; the failure is left to the caller. */
  ask(operation: number, argument: string): Promise<Answer> {
    return new Promise((resolve) => {
      port().ask(this.component, operation, argument, (text, failed) => resolve({ text, failed }));
    });
  }

  /**
   * Runs one operation as `ask` does, and hands its outcome to a function, which must not throw: for calls that are made so often
   * that the answer's promise and object count.
   */
  post(operation: number, argument: string, settle: Settle): void {
    port().ask(this.component, operation, argument, settle);
  }

  /** Hands bytes to Rust and returns their number, by which an operation takes them. */
  putBlob(bytes: Uint8Array): number {
    return port().putBlob(bytes);
  }

  /** Takes the bytes that Rust has left under a number; none where it has none. */
  takeBlob(number: number): Buffer {
    return port().takeBlob(number) ?? Buffer.alloc(0);
  }

  /** Sets the handler of the jobs that the component gives to this isolate. The handler must not throw. */
  onJob(handler: ItemHandler): void {
    port().onJob(this.component, handler);
  }
}

/**
 * Finds the Rust half of a package in the loaded addon.
 *
 * Errors: `addon_mismatch` where the addon has no such component, or lacks an operation that the package calls.
 */
export function primitive<const Name extends string>(options: PrimitiveOptions<Name>): Primitive<Name> {
  const { name, from, operations, toError = toTwinloopError } = options;
  const component = addon.components.findIndex((each) => each.name === name);
  const known = addon.components[component]?.operations ?? [];
  const numbers = numbersOf(operations, known, name, from);
  return new Primitive(component, numbers, toError);
}

/** Reads an error that crossed from Rust. */
function toTwinloopError(failure: string): TwinloopError {
  const { code, message, details } = JSON.parse(failure) as {
    code: string;
    message: string;
    details?: unknown;
  };
  return new TwinloopError(code, message, { details });
}
