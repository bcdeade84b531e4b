import { randomBytes } from "node:crypto";
import type { Link } from "./link.ts";

/** Letters and digits that are not mistaken for each other. */
const ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz";
const SLUG_LENGTH = 6;

/** The links, in memory, in the order of their creation: they are gone when the process ends. */
export class LinkStore {
  readonly #links = new Map<string, Link>();

  /** How many there are. */
  get size(): number {
    return this.#links.size;
  }

  /** Adds a link under `slug`, or under a free one; `undefined` when the slug stands for another address already. */
  add(url: string, slug: string = this.#freeSlug()): Link | undefined {
    const existing = this.#links.get(slug);
    if (existing) return existing.url === url ? existing : undefined;
    const link: Link = { slug, url, createdAt: new Date(), clicks: 0 };
    this.#links.set(slug, link);
    return link;
  }

  /** The link called `slug`. */
  find(slug: string): Link | undefined {
    return this.#links.get(slug);
  }

  /** At most `limit` links, the newest first. */
  newest(limit: number): Link[] {
    return [...this.#links.values()].slice(-limit).reverse();
  }

  /** Counts a click and gives the link that was clicked. */
  click(slug: string): Link | undefined {
    const link = this.#links.get(slug);
    if (!link) return undefined;
    link.clicks += 1;
    link.lastClickAt = new Date();
    return link;
  }

  /** Whether there was a link to remove. */
  remove(slug: string): boolean {
    return this.#links.delete(slug);
  }

  #freeSlug(): string {
    for (;;) {
      const slug = Array.from(randomBytes(SLUG_LENGTH), (byte) => ALPHABET[byte % ALPHABET.length]).join("");
      if (!this.#links.has(slug)) return slug;
    }
  }
}
