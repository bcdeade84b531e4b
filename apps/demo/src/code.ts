import { createHmac, timingSafeEqual } from "node:crypto";
import { secret } from "@twinloop/secrets";
import { ALPHABET } from "./link.ts";

/** `LINK_KEY`: in development from `.env`; production has to set one, and the codes of another key are refused. */
const linkKey = secret("LinkKey");

const SIGNATURE_LENGTH = 6;

/** What stands behind `/s/`: the link's slug, a dot and a signature. */
export function codeOf(slug: string): string {
  const digest = createHmac("sha256", linkKey()).update(slug).digest();
  const letters = Array.from(
    digest.subarray(0, SIGNATURE_LENGTH),
    (byte) => ALPHABET[byte % ALPHABET.length],
  );
  return `${slug}.${letters.join("")}`;
}

/** The slug in a code; `null` where somebody made the code up, which no database has to be asked about. */
export function slugOf(code: string): string | null {
  const slug = code.slice(0, code.lastIndexOf("."));
  const [given, right] = [Buffer.from(code), Buffer.from(codeOf(slug))];
  return given.length === right.length && timingSafeEqual(given, right) ? slug : null;
}
