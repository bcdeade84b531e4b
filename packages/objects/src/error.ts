import { TwinloopError } from "@twinloop/core-native";

/**
 * An operation on an object that failed.
 *
 * Shape:  `code` is one of `unavailable` (the store cannot be reached or did not answer: the operation may be repeated),
 *         `permission_denied` and `unauthenticated` (the store refuses the process's credentials), `failed_precondition` (not in
 *         this state: the store is closed, the bucket is not there), `out_of_range` (too large), `resource_exhausted` (the disk is
 *         full), `unimplemented` (not by this store), `internal`; or that of one of the classes below.
 */
export class ObjectsError extends TwinloopError {}

/** An object, or a version of one, that is not there. `code` is `not_found`. */
export class ObjectNotFound extends ObjectsError {}

/** An upload that was not done because there is such an object already. `code` is `already_exists`. */
export class PreconditionFailed extends ObjectsError {}

/** A key, a name or an option that no store takes. `code` is `invalid_argument`. */
export class InvalidArgument extends ObjectsError {}

const CLASS_OF: Readonly<Record<string, typeof ObjectsError>> = {
  not_found: ObjectNotFound,
  already_exists: PreconditionFailed,
  invalid_argument: InvalidArgument,
};

/** The error of a code, in the class that the code has. */
export function objectsError(code: string, message: string): ObjectsError {
  return new (CLASS_OF[code] ?? ObjectsError)(code, message);
}

/** Reads an error that crossed from Rust. */
export function toObjectsError(failure: string): ObjectsError {
  const { code, message } = JSON.parse(failure) as { readonly code: string; readonly message: string };
  return objectsError(code, message);
}

/** The failure of an argument that no store takes. */
export function invalid(message: string): InvalidArgument {
  return new InvalidArgument("invalid_argument", message);
}
