import { addon } from "./description.ts";
import { native } from "./native.ts";
import { numbersOf } from "./operation-numbers.ts";

/** The options by which a package finds its instant operations. */
export interface InstantOptions<Name extends string> {
  /** The component's name in Rust, such as `secrets`. */
  readonly name: string;
  /** The `import.meta.url` of the package's module: errors name the package and its version. */
  readonly from: string;
  /** The operations that the package asks for. */
  readonly operations: readonly Name[];
}

/**
 * An operation that Rust answers at once, on this thread, without the runtime.
 *
 * Shape:  the payload as a text, JSON unless the operation says otherwise -> the answer as a text; `null` for none.
 * Errors: `TwinloopError` `internal` where the operation cannot read its payload, or fails.
 */
export type InstantOperation = (payload: string) => string | null;

/**
 * Finds the instant operations of a component in the loaded addon. No operation attaches the isolate or starts a thread.
 *
 * Errors: `addon_mismatch` where the addon has no such component, or lacks an operation that the package asks for.
 */
export function instantOperations<const Name extends string>(
  options: InstantOptions<Name>,
): Readonly<Record<Name, InstantOperation>> {
  const { name, from, operations } = options;
  const component = addon.components.findIndex((each) => each.name === name);
  const known = addon.components[component]?.instant?.operations ?? [];
  const numbers = numbersOf(operations, known, name, from);
  const asking = operations.map((operation): [Name, InstantOperation] => {
    const number = numbers[operation];
    return [operation, (payload) => native.askNow(component, number, payload)];
  });
  return Object.fromEntries(asking) as Record<Name, InstantOperation>;
}
