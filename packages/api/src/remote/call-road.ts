import type { Node } from "@twinloop/core-native/internal";
import { ReadyAuthHandler } from "../auth/auth-handler.ts";
import { tokenIn, type PlannedAuthHandler } from "../auth/auth-plan.ts";
import type { Plan } from "../plan.ts";
import { arrivalEndpoint } from "./arriving-calls.ts";
import { TOKEN_AUDIENCE, TOKEN_HEADER, TOKEN_ISSUER, TOKEN_LIFETIME_S } from "./service-secret.ts";

/**
 * Adds the road of calls from other processes of the app to a plan: their endpoint, and an auth handler for each secret, which
 * verifies tokens in Rust. Without a secret there is no such road.
 *
 * Shape:  the plan, to whose types those of tokens are added -> the plan with what the server has beyond the app's own.
 */
export function withCallRoad(plan: Plan, secrets: readonly string[]): Plan {
  if (secrets.length === 0) return plan;
  const types: Node[] = [...plan.types];
  const { endpoints, authHandlers } = plan;
  const verifiers = secrets.map((secret, index) => verifierOf(secret, index, types));
  const indices = verifiers.map((_, index) => authHandlers.length + index);
  const callable = endpoints.filter(({ endpoint: { kind } }) => kind === "typed" || kind === "sse");
  return {
    ...plan,
    types,
    endpoints: [...endpoints, arrivalEndpoint(callable, indices)],
    authHandlers: [...authHandlers, ...verifiers],
  };
}

/**
 * The auth handler that verifies tokens of one secret, in Rust. The clocks of two processes may differ by the lifetime of a
 * token.
 */
function verifierOf(secret: string, index: number, types: Node[]): PlannedAuthHandler {
  const keys = { secret };
  const jwt = {
    ...{ algorithms: ["HS256"], issuers: [TOKEN_ISSUER], audiences: [TOKEN_AUDIENCE], userID: "sub" },
    ...{ clockToleranceMs: TOKEN_LIFETIME_S * 1000, keys },
  };
  const verification = {
    ...{ header: TOKEN_HEADER, challenge: "Twinloop" },
    by: "jwt" as const,
    verify: () => ({ jwt }),
    faults: () => [],
  };
  const handler = new ReadyAuthHandler(verification, undefined);
  return { name: `twinloop.call ${index}`, handler, params: tokenIn(handler, types), data: null };
}
