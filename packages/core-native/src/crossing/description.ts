import { native } from "./native.ts";

/** One operation of a Rust component. */
export interface OperationDescription {
  /** The operation's name in TypeScript, such as `nextRuns`. */
  readonly name: string;
  /** The operation's number in calls. */
  readonly number: number;
}

/** One Rust component; its place in the addon's list is its number in every call and job. */
export interface ComponentDescription {
  readonly name: string;
  readonly operations: readonly OperationDescription[];
  /** The operations that are answered at once, without the runtime; `null` where the component has none. */
  readonly instant: { readonly operations: readonly OperationDescription[] } | null;
}

/** The components and the version of the addon. */
export interface AddonDescription {
  /** The version that the addon was built as. */
  readonly version: string;
  readonly components: readonly ComponentDescription[];
}

/** The description of the loaded addon, read once per isolate. */
export const addon: AddonDescription = JSON.parse(native.describe()) as AddonDescription;
