import type { IsURL, MatchesRegexp, MaxLen } from "@twinloop/api";

/** A short name: what follows `/s/`. */
export type Slug = string & MatchesRegexp<"^[a-z0-9-]{3,32}$">;

/** A web address: `http` or `https`. */
export type WebAddress = string & IsURL & MaxLen<2000>;

/** A link and how it fares. */
export interface Link {
  slug: string;
  url: string;
  createdAt: Date;
  clicks: number;
  lastClickAt: Date | null;
}
