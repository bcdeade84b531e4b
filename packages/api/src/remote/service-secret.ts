import { createHash, createHmac } from "node:crypto";
import { secretListFaults } from "../secret-list.ts";
import type { VariableFault } from "./service-variables.ts";

/** The variable of the secrets by which the processes of one app know each other: parted by commas, the newest first. */
export const SECRET_VARIABLE = "SERVICE_AUTH_SECRET";

/** The issuer and the audience of tokens of calls: a token of another purpose that has the same secret is none. */
export const TOKEN_ISSUER = "twinloop.service";
export const TOKEN_AUDIENCE = "twinloop.call";

/** The header of a call's token. */
export const TOKEN_HEADER = "twinloop-call-token";

/** For how long a call may be on its way. The clocks of two processes may differ by as much again. */
export const TOKEN_LIFETIME_S = 30;

/** The way to a secret that fits. */
export const SECRET_HINT: string = `Draw one with \`openssl rand -base64 32\`, and set ${SECRET_VARIABLE} to it in every process of the app.`;

/**
 * Reads the secrets by which the processes of one app know each other.
 *
 * Shape:  the environment -> the secrets, of which the first signs and each verifies; none where the variable is unset or empty.
 *         No fault shows a secret.
 */
export function readServiceSecrets(env: NodeJS.ProcessEnv = process.env): {
  readonly secrets: readonly string[];
  readonly faults: readonly VariableFault[];
} {
  const text = env[SECRET_VARIABLE] ?? "";
  const secrets = text === "" ? [] : text.split(",").map((one) => one.trim());
  const faults = secretListFaults(secrets, SECRET_VARIABLE, SECRET_HINT);
  return { secrets, faults };
}

/** What a token says of the call that it signs. */
export interface SignedParts {
  /** The name of the app that calls. */
  readonly app: string;
  readonly path: string;
  readonly body: string;
}

/**
 * Signs a call: a JSON Web Token that holds for one path, one body and half a minute.
 *
 * Source: RFC 7519, with HS256 (RFC 7518, section 3.2).
 */
export function signCall({ app, path, body }: SignedParts, secret: string, now: number = Date.now()): string {
  const iat = Math.floor(now / 1000);
  const claims = {
    ...{ iss: TOKEN_ISSUER, aud: TOKEN_AUDIENCE, sub: app, iat, exp: iat + TOKEN_LIFETIME_S },
    ...{ path, hash: hashOf(body) },
  };
  const signed = `${encode({ alg: "HS256", typ: "JWT" })}.${encode(claims)}`;
  return `${signed}.${createHmac("sha256", secret).update(signed).digest("base64url")}`;
}

/** The hash of a body in a token. */
export function hashOf(body: string | Uint8Array): string {
  return createHash("sha256").update(body).digest("base64url");
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString("base64url");
}
