import { api, APIError, HttpStatus, type Header, type Int, type Max, type Min } from "@twinloop/api";
import { addLink, clickLink, countLinks, findLink, newestLinks, removeLink } from "./link-store.ts";
import type { Link, Slug, WebAddress } from "./link.ts";

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
    const link = await addLink(url, slug);
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
    const [links, total] = await Promise.all([newestLinks(limit), countLinks()]);
    return { links, total };
  },
);

/** One link and how often it was followed. */
export const stats = api(
  { expose: true, method: "GET", path: "/links/:slug" },
  async ({ slug }: { slug: Slug }): Promise<Link> => (await findLink(slug)) ?? notFound(slug),
);

interface Redirect {
  status: HttpStatus;
  location: Header<"Location">;
}

/** Sends a visitor on, and counts the click. */
export const follow = api(
  { expose: true, method: "GET", path: "/s/:slug" },
  async ({ slug }: { slug: Slug }): Promise<Redirect> => {
    const { url } = (await clickLink(slug)) ?? notFound(slug);
    return { status: HttpStatus.Found, location: url };
  },
);

/** Removes a link. */
export const remove = api(
  { expose: true, method: "DELETE", path: "/links/:slug" },
  async ({ slug }: { slug: Slug }): Promise<{ status: HttpStatus }> => {
    if (!(await removeLink(slug))) notFound(slug);
    return { status: HttpStatus.NoContent };
  },
);

function notFound(slug: string): never {
  throw APIError.notFound(`no link is called ${slug}`).withDetails({ slug });
}
