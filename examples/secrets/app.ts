import { createHmac, timingSafeEqual } from "node:crypto";
import { api, log, start } from "@twinloop/api";
import { secret } from "@twinloop/secrets";
import { z } from "zod";

/** The key before this one: what it has signed holds until the next rotation. */
let previous: string | undefined;

/** The key that signs. A value of less than 16 characters is refused, and the one before stays in use. */
const signingKey = secret("SigningKey", {
  schema: z.string().min(16),
  onChange: (_key, before) => {
    previous = before;
    log.info("the signing key was rotated");
  },
});

const sign = (text: string, key: string): Buffer => createHmac("sha256", key).update(text).digest();

/** Signs a text. */
export const signed = api(
  { expose: true, method: "GET", path: "/sign" },
  async ({ text }: { text: string }): Promise<{ signature: string }> => ({
    signature: sign(text, signingKey()).toString("hex"),
  }),
);

/** Says whether a signature is ours, and by which key. */
export const verified = api(
  { expose: true, method: "GET", path: "/verify" },
  async ({ text, signature }: { text: string; signature: string }): Promise<{ by: string }> => {
    const isBy = (key: string): boolean => {
      const [right, given] = [sign(text, key), Buffer.from(signature, "hex")];
      return right.length === given.length && timingSafeEqual(right, given);
    };
    if (isBy(signingKey())) return { by: "the current key" };
    return { by: previous !== undefined && isBy(previous) ? "the previous key" : "nobody" };
  },
);

/** Tries to give the key away: however a secret is shown, its value is not. */
export const careless = api(
  { expose: true, method: "GET", path: "/careless" },
  async (): Promise<{ key: string }> => {
    log.info(`the key is ${signingKey()}`);
    return { key: String(signingKey) };
  },
);

await start();
