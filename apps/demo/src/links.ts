import { api, APIError, HttpStatus, type Header, type Int, type Max, type Min } from "@twinloop/api";
import { click } from "./clicks.ts";
import { codeOf, slugOf } from "./code.ts";
import { addLink, countLinks, findLink, newestLinks, removeLink } from "./link-store.ts";
import type { Code, Link, Slug, WebAddress } from "./link.ts";

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

/** Shortens an address. A repeated call with equal address and slug returns the existing link. */
export const shorten = api(
  { expose: true, method: "POST", path: "/links" },
  async ({ url, slug, host }: NewLink): Promise<ShortLink> => {
    const link = await addLink(url, slug);
    if (!link) throw APIError.alreadyExists(`the slug ${slug} is taken`).withDetails({ slug });
    return { slug: link.slug, url, ...(host ? { shortUrl: `http://${host}/s/${codeOf(link.slug)}` } : {}) };
  },
);

/** A link with the code that leads to it. */
interface CodedLink extends Link {
  code: string;
}

const coded = (link: Link): CodedLink => ({ ...link, code: codeOf(link.slug) });

interface LinkPage {
  links: CodedLink[];
  total: number;
}

/** Lists the newest links. */
export const list = api(
  { expose: true, method: "GET", path: "/links" },
  async ({ limit = 20 }: { limit?: number & Int & Min<1> & Max<100> }): Promise<LinkPage> => {
    const [links, total] = await Promise.all([newestLinks(limit), countLinks()]);
    return { links: links.map(coded), total };
  },
);

/** Returns one link and how often it was followed. */
export const stats = api(
  { expose: true, method: "GET", path: "/links/:slug" },
  async ({ slug }: { slug: Slug }): Promise<CodedLink> => coded((await findLink(slug)) ?? notFound(slug)),
);

interface Redirect {
  status: HttpStatus;
  location: Header<"Location">;
}

/** Redirects a visitor to a link's address; the click is counted later. */
export const follow = api(
  { expose: true, method: "GET", path: "/s/:code" },
  async ({ code }: { code: Code }): Promise<Redirect> => {
    const slug = slugOf(code);
    if (slug === null) throw APIError.notFound(`the code ${code} was not made here`).withDetails({ code });
    return { status: HttpStatus.Found, location: (await click(slug)) ?? notFound(slug) };
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
