import { createHmac, timingSafeEqual } from "node:crypto";
import { secret } from "@twinloop/secrets";
import { ALPHABET } from "./link.ts";

/** The key that signs codes, from `LINK_KEY`. `.env` has one for development; codes of another key are refused. */
const linkKey = secret("LinkKey");

const SIGNATURE_LENGTH = 6;

/** Makes the code that follows `/s/`: the link's slug, a dot and a signature. */
export function codeOf(slug: string): string {
  const digest = createHmac("sha256", linkKey()).update(slug).digest();
  const letters = Array.from(
    digest.subarray(0, SIGNATURE_LENGTH),
    (byte) => ALPHABET[byte % ALPHABET.length],
  );
  return `${slug}.${letters.join("")}`;
}

/** Reads the slug out of a code; `null` where the signature is wrong, so that the database is not asked. */
export function slugOf(code: string): string | null {
  const slug = code.slice(0, code.lastIndexOf("."));
  const [given, right] = [Buffer.from(code), Buffer.from(codeOf(slug))];
  return given.length === right.length && timingSafeEqual(given, right) ? slug : null;
}
