import { api, APIError, HttpStatus, type Header, type Int, type Max, type Min } from "@twinloop/api";
import { LinkStore } from "./link-store.ts";
import type { Link, Slug, WebAddress } from "./link.ts";

const links = new LinkStore();

interface NewLink {
  url: WebAddress;
  slug?: Slug;
  host?: Header<"Host">;
}

interface ShortLink {
  slug: string;
  url: string;
  shortUrl?: string;
}

/** Shortens an address. The same address under the same slug is the same link. */
export const shorten = api(
  { expose: true, method: "POST", path: "/links" },
  async ({ url, slug, host }: NewLink): Promise<ShortLink> => {
    const link = links.add(url, slug);
    if (!link) throw APIError.alreadyExists(`the slug ${slug} is taken`).withDetails({ slug });
    return { slug: link.slug, url, ...(host ? { shortUrl: `http://${host}/s/${link.slug}` } : {}) };
  },
);

interface LinkPage {
  links: Link[];
  total: number;
}

/** The newest links. */
export const list = api(
  { expose: true, method: "GET", path: "/links" },
  async ({ limit = 20 }: { limit?: number & Int & Min<1> & Max<100> }): Promise<LinkPage> => {
    return { links: links.newest(limit), total: links.size };
  },
);

/** One link and how often it was followed. */
export const stats = api(
  { expose: true, method: "GET", path: "/links/:slug" },
  async ({ slug }: { slug: Slug }): Promise<Link> => links.find(slug) ?? notFound(slug),
);

interface Redirect {
  status: HttpStatus;
  location: Header<"Location">;
}

/** Sends a visitor on, and counts the click. */
export const follow = api(
  { expose: true, method: "GET", path: "/s/:slug" },
  async ({ slug }: { slug: Slug }): Promise<Redirect> => {
    const { url } = links.click(slug) ?? notFound(slug);
    return { status: HttpStatus.Found, location: url };
  },
);

/** Removes a link. */
export const remove = api(
  { expose: true, method: "DELETE", path: "/links/:slug" },
  async ({ slug }: { slug: Slug }): Promise<{ status: HttpStatus }> => {
    if (!links.remove(slug)) notFound(slug);
    return { status: HttpStatus.NoContent };
  },
);

function notFound(slug: string): never {
  throw APIError.notFound(`no link is called ${slug}`).withDetails({ slug });
}
