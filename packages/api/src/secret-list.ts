// The `twinloop` command reads this too: nothing here loads the addon.

/** The least bytes of a secret that signs or seals: as many as the hash of HMAC-SHA-256 has (RFC 7518, section 3.2). */
const LEAST_BYTES = 32;

/** The most secrets that are in use at once: the newest, and former ones until what they have signed is out of use. */
export const MOST_SECRETS = 8;

/** A fault of a list of secrets; shows none of them. */
export interface SecretListFault {
  readonly message: string;
  readonly hint: string;
}

/**
 * Finds the faults of a list of secrets, the newest first: secrets that are too short, and too many of them. The rule is that
 * of `cookieSecrets` and of `SERVICE_AUTH_SECRET`.
 *
 * Shape:  the list, where it comes from (the name of an option or a variable), and the hint that says how to draw a secret ->
 *         one fault for each, by its index.
 * Units:  1 to 8 secrets of at least 32 bytes.
 * Source: RFC 7518, section 3.2: a key of HMAC-SHA-256 has at least the size of the hash.
 */
export function secretListFaults(
  secrets: readonly unknown[],
  from: string,
  hint: string,
): readonly SecretListFault[] {
  const isLong = (secret: unknown): boolean =>
    typeof secret === "string" && Buffer.byteLength(secret) >= LEAST_BYTES;
  const faults = secrets.flatMap((secret, index): SecretListFault[] =>
    isLong(secret) ? [] : [{ message: `${from}[${index}] has fewer than ${LEAST_BYTES} bytes`, hint }],
  );
  if (secrets.length <= MOST_SECRETS) return faults;
  const message = `${from} has ${secrets.length} secrets: at most ${MOST_SECRETS} can be`;
  return [...faults, { message, hint: "Leave out the oldest ones." }];
}
