/**
 * The interface between the primitives and the runtime. Not for apps: the interface changes without notice.
 *
 * @packageDocumentation
 */
export { fedEnvironment, feedEnvironment, type FedEnvironment } from "./environment/environment-file.ts";
export { answerQuestions } from "./telemetry/admin-jobs.ts";
export { servedAddress } from "./lifecycle/app.ts";
export { backoff, type BackoffBounds } from "./lifecycle/backoff.ts";
export { connectOrExplain } from "./lifecycle/connect-or-explain.ts";
export { OpenOnce } from "./lifecycle/open-once.ts";
export { settle } from "./lifecycle/start-options.ts";
export { ABI, AbortReason, Kind } from "./crossing/frame.ts";
export {
  addon,
  type AddonDescription,
  type ComponentDescription,
  type OperationDescription,
} from "./crossing/description.ts";
export { diagnosis } from "./crossing/diagnosis.ts";
export { primitive, Primitive, type Answer, type PrimitiveOptions } from "./crossing/primitive.ts";
export type { Flow, Piece } from "./crossing/flow.ts";
export { attachedPort, port, type Port } from "./crossing/port.ts";
export { DURATION_FORM, formatDuration, parseDuration, type Duration } from "./options/duration.ts";
export { nearest } from "./options/nearest.ts";
export { optionBounds, type Bounds, type OptionBounds, type OptionForm } from "./options/option-bounds.ts";
export { OptionReader, type RetrySettings } from "./options/option-reader.ts";
export { buildAnswerSerializer, buildSerializer, ResponseMismatch } from "./errors/response-mismatch.ts";
export { encodeWireError, encodeWireHeaders, toWireError, type WireError } from "./errors/wire-error.ts";
export { httpStatus, isErrCode } from "./errors/error-code.ts";
export { checkedHeaders, cookieName, encodeHeaders } from "./errors/error-headers.ts";
export { isHeaderName, isHeaderValue } from "./errors/header-text.ts";
export { declarationsIn, providersIn } from "./manifest/declarations-in.ts";
export { loadManifest, type LoadedManifest } from "./manifest/manifest.ts";
export { cancellation, runCall, type CallBounds } from "./work/callee.ts";
export { SchemaSet, type EncodedRequest } from "./crossing/schema-set.ts";
export { compose, titleOf as middlewareTitle, type MiddlewareSubject } from "./work/middleware.ts";
export type { MiddlewareParts } from "./work/middleware-parts.ts";
export { middlewaresOf, middlewaresRule } from "./work/middlewares-of.ts";
export {
  declareService,
  serviceConfig,
  serviceOfDeclaration,
  services,
  type DeclaredService,
} from "./work/service.ts";
export { hearAborts, idsOf, Work, type Held } from "./work/work.ts";
export { Caller, callers, currentTrace } from "./crossing/caller.ts";
export { collected, onCollect, onHandOver } from "./telemetry/collected.ts";
export {
  OpenSpan,
  preciseNow,
  RemoteSpan,
  type SpanKindName,
  type SpanLink,
  type SpanPlace,
  type SpanStart,
} from "./telemetry/open-span.ts";
export { record } from "./telemetry/records.ts";
export type { SpanAttributes, SpanValue } from "./telemetry/span-values.ts";
export { NO_JOB } from "./crossing/frame.ts";
export { JobRunner } from "./work/job-runner.ts";
export { isThenable } from "./work/thenable.ts";
export { encodeThrown } from "./errors/thrown.ts";
export {
  either,
  oneOf,
  optionFaults,
  optionProblems,
  optionRule,
  optionsOf,
  orNull,
  shownOption,
  durationWithin,
  wholeNumber,
  type OptionFault,
  type OptionRule,
  type OptionRules,
} from "./options/option-rule.ts";
export { pathFault, type PathFault } from "./options/path.ts";
export { problem, SystemCode, type Problem } from "./errors/error.ts";
export {
  register,
  type Component,
  type Declarations,
  type Role,
  type Running,
} from "./lifecycle/component.ts";
export { startForTest } from "./lifecycle/lifecycle.ts";
export { registered } from "./lifecycle/component.ts";
export {
  enterTestMode,
  setTestMode,
  testMode,
  type FoundMessage,
  type TestControl,
  type TestMode,
} from "./lifecycle/test-mode.ts";
export { forgetManifest } from "./manifest/manifest.ts";
export { addRedactor } from "./log/log.ts";
export { redacted } from "./log/redaction.ts";
export { announceRotation, onRotation } from "./sharing/rotation.ts";
export {
  secretStore,
  type LoadedSecret,
  type SecretAttempt,
  type SecretSources,
} from "./sharing/secret-store.ts";
export { parseDotenv, type Dotenv, type DotenvRemark } from "./environment/dotenv.ts";
export { UnopenedResult } from "./crossing/unopened-result.ts";
export { requireAbi } from "./crossing/abi.ts";
export { beside, type Beside } from "./manifest/beside.ts";
export { isThere } from "./is-there.ts";
export { callSite, placeText, sourcePlace, type CodePlace } from "./manifest/call-site.ts";
export {
  isSharedTransaction,
  shareDatabase,
  sharedDatabases,
  type SharedDatabase,
  type SharedTransaction,
  type TransactionTurn,
} from "./sharing/shared-database.ts";
export {
  allowSplices,
  buildFrameReader,
  endSplices,
  frameEnvelope,
  hasJSONForm,
  irFromSchema,
  isFramed,
  revivalPlan,
  revive,
  type Frame,
  type FrameReader,
  type RowForm,
  type Serialize,
  splice,
  type Spliceable,
} from "@twinloop/schema";
export type {
  AdditionalNode,
  AnyNode,
  ArrayNode,
  BigIntNode,
  BooleanNode,
  Bound,
  BytesNode,
  DateNode,
  DeclarationModel,
  EndpointKind,
  AuthHandlerModel,
  EndpointModel,
  EnumNode,
  LiteralNode,
  LiteralValue,
  Manifest,
  ManifestInputs,
  Node,
  NullNode,
  NumberNode,
  ObjectNode,
  PropertyNode,
  RequestField,
  RequestPlace,
  ResponseField,
  ResponsePlace,
  SentBody,
  KeptValue,
  StringFormat,
  StringNode,
  TemplateNode,
  TupleItem,
  TupleNode,
  TypeIndex,
  UnionNode,
} from "@twinloop/schema";
