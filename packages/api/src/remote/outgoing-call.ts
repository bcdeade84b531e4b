import type { KnownCaller } from "../auth/auth-data.ts";
import type { CallOrigin } from "../call/call-context.ts";
import type { Callee } from "../call/callee.ts";
import type { ServiceLink } from "./service-link.ts";

/** A call that goes to another process, its request checked. */
export interface OutgoingCall {
  readonly link: ServiceLink;
  readonly callee: Callee;
  readonly input: unknown;
  readonly auth: KnownCaller | null;
  /** The operation that calls, as the parent of the callee's in the trace. */
  readonly origin: CallOrigin;
  /** The time that is left for the call. */
  readonly timeoutMs: number | undefined;
}
