import type { IsURL, MatchesRegexp, MaxLen } from "@twinloop/api";

/** A link's name. */
export type Slug = string & MatchesRegexp<"^[a-z0-9-]{3,32}$">;

/** The code that follows `/s/`: a slug and its signature. */
export type Code = string & MatchesRegexp<"^[a-z0-9-]{3,32}\\.[2-9a-hjkmnp-z]{6}$">;

/** A web address: `http` or `https`. */
export type WebAddress = string & IsURL & MaxLen<2000>;

/** A link with its clicks. */
export interface Link {
  slug: string;
  url: string;
  createdAt: Date;
  clicks: number;
  lastClickAt: Date | null;
}

/** The alphabet of slugs and signatures: letters and digits that are not mistaken for each other. */
export const ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz";
