import { api, APIError, start, type Int, type IsURL, type MaxLen, type Min } from "@twinloop/api";

interface Link {
  slug: string;
  url: string;
  createdAt: Date;
  visits: bigint;
}

const links = new Map<string, Link>();

/** Shortens an address. */
export const shorten = api(
  { expose: true, method: "POST", path: "/links" },
  async ({ slug, url }: { slug: string & MaxLen<40>; url: string & IsURL }): Promise<Link> => {
    if (links.has(slug)) throw APIError.alreadyExists(`${slug} is taken`);
    const link = { slug, url, createdAt: new Date(), visits: 2n ** 60n };
    links.set(slug, link);
    return link;
  },
);

/** Gives a link. */
export const get = api(
  { expose: true, method: "GET", path: "/links/:slug" },
  async ({ slug }: { slug: string }): Promise<Link> => {
    const link = links.get(slug);
    if (link === undefined) throw APIError.notFound(`there is no link ${slug}`);
    return link;
  },
);

/** Counts down. */
export const countDown = api.sse(
  { expose: true, path: "/count-down" },
  async function* ({ from }: { from: number & Int & Min<1> }) {
    for (let left = from; left > 0; left--) yield { data: { left } };
    yield { event: "end", data: { left: 0 } };
  },
);

await start();
