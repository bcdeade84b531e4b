import { log, StartError } from "@twinloop/core-native";
import {
  onRotation,
  problem,
  SystemCode,
  type OptionRule,
  type Problem,
} from "@twinloop/core-native/internal";
import { native } from "../native.ts";
import type { PlannedEndpoint } from "../plan.ts";
import { MOST_SECRETS, secretListFaults } from "../secret-list.ts";

/**
 * A cookie secret, from 32 bytes: a text, or a function that gives it, as `secret("CookieSecret")` does. A function is asked again
 * when a secret has changed, a text stays.
 */
export type CookieSecret = string | (() => string);

/** The variable that replaces `cookieSecrets`: secrets parted by commas, the newest first. */
const VARIABLE = "COOKIE_SECRETS";

/** The hint of every problem with cookie secrets: how to draw one, and where to put it. */
const HINT = `Draw one with \`openssl rand -base64 32\`, keep it as a secret, and give \`start({ cookieSecrets: [secret("CookieSecret")] })\` or set ${VARIABLE}.`;

/** The rule of `start({ cookieSecrets })`. */
export const cookieSecretsRule: OptionRule = {
  expected: `a list of at most ${MOST_SECRETS} texts or functions that give them, the newest first`,
  fits: (value) =>
    Array.isArray(value) &&
    value.length <= MOST_SECRETS &&
    value.every((one) => typeof one === "string" || typeof one === "function"),
  isConfidential: true,
};

/** Reports the first endpoint with a sealed cookie, where there is no secret to seal it by. No secret is read. */
export function missingSecrets(
  given: readonly CookieSecret[] | undefined,
  endpoints: readonly PlannedEndpoint[],
): Problem[] {
  if ((process.env[VARIABLE] ?? "") !== "" || (given ?? []).length > 0) return [];
  const user = endpoints.find(({ request, response }) =>
    [...(request?.fields ?? []), ...(response?.fields ?? [])].some(({ sealed }) => sealed !== undefined),
  );
  if (user === undefined) return [];
  return [
    problem(
      SystemCode.ConfigInvalid,
      `${user.name} has a sealed cookie, and there is no cookie secret`,
      HINT,
    ),
  ];
}

/**
 * Reads the cookie secrets, the newest first: those of `COOKIE_SECRETS` where that is set, otherwise the option's. Spaces around a
 * secret are dropped, as the line feed at the end of a file.
 *
 * Shape:  the option -> the secrets, and problems that show none of them: for one of less than 32 bytes, and for more than 8.
 */
export function readSecrets(given: readonly CookieSecret[] | undefined): {
  readonly secrets: readonly string[];
  readonly problems: readonly Problem[];
} {
  const variable = process.env[VARIABLE] ?? "";
  const sources: readonly CookieSecret[] = variable === "" ? (given ?? []) : variable.split(",");
  const from = variable === "" ? "cookieSecrets" : VARIABLE;
  const secrets = sources.map((source) => (typeof source === "function" ? source() : source).trim());
  const problems = secretListFaults(secrets, from, HINT).map(({ message, hint }) =>
    problem(SystemCode.ConfigInvalid, message, hint),
  );
  return { secrets, problems };
}

/**
 * Seals by the current secrets whenever secrets have changed. What former ones have sealed can still be opened until the
 * process ends, as long as no more than 8 secrets are in use.
 *
 * Shape:  the option -> a function that ends it. Nothing is followed for `COOKIE_SECRETS` and for texts, which cannot change. One
 *         isolate does it for all, since the keys are in Rust.
 * Errors: a secret that is too short is logged, and the former ones stay in use.
 */
export function followSecrets(given: readonly CookieSecret[] | undefined): () => void {
  if ((process.env[VARIABLE] ?? "") !== "" || !(given ?? []).some((one) => typeof one === "function"))
    return () => undefined;
  let inUse = readSecrets(given).secrets;
  return onRotation(async () => {
    const { secrets, problems } = readSecrets(given);
    if (problems.length > 0) throw new StartError(problems);
    // Another secret of the app may be the one that has changed.
    if (secrets.join() === inUse.join()) return;
    inUse = secrets;
    await native.call("rotateCookies", { secrets });
    log.info("rotated the cookie secrets: the newest seals, former ones still open", {
      secrets: secrets.length,
    });
  });
}
