/**
 * What the primitives share with the runtime. Not for apps: it changes without notice.
 *
 * @packageDocumentation
 */
export { ABI, AbortReason, ComponentNumber, Kind } from "./frame.ts";
export { attachedPort, port, type Port } from "./port.ts";
export { DURATION_FORM, formatDuration, parseDuration, type Duration } from "./duration.ts";
export { buildSerializer, type Serialize } from "./schema/serializer.ts";
export { encodeWireError, toWireError, type WireError } from "./wire-error.ts";
export { httpStatus } from "./error-code.ts";
export { irFromSchema } from "./schema/zod.ts";
export { loadManifest, type LoadedManifest } from "./manifest.ts";
export { Operation } from "./operation.ts";
export { problem, SystemCode, type Problem } from "./error.ts";
export { register, type Component, type Running } from "./component.ts";
export { addRedactor } from "./log.ts";
export { redacted } from "./redaction.ts";
export { announceRotation, onRotation } from "./rotation.ts";
export { secretStore, type LoadedSecret, type SecretAttempt, type SecretSources } from "./secret-store.ts";
export { requireAbi } from "./abi.ts";
export {
  isSharedTransaction,
  shareDatabase,
  sharedDatabases,
  type SharedDatabase,
  type SharedTransaction,
  type TransactionTurn,
} from "./shared-database.ts";
export { revive } from "./schema/revive.ts";
export type * from "./schema/ir.ts";
