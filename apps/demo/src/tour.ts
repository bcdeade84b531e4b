import { codeOf } from "./code.ts";
import { addLink, findLink } from "./link-store.ts";

/** A command to paste, and its output where that is always the same. */
interface Step {
  readonly title: string;
  readonly command: string;
  readonly prints?: string;
}

interface TourLink {
  readonly slug: string;
  readonly url: string;
}

/** The links of the tour's commands. */
export interface TourLinks {
  /** The link that exists from the start. */
  readonly welcome: TourLink;
  /** The link that the first command creates. */
  readonly created: TourLink;
}

/**
 * Makes the welcome link, and finds names under which the commands answer as printed whatever earlier runs have stored:
 * a link of another address keeps its name.
 */
export async function prepareTour(): Promise<TourLinks> {
  const [welcome, created] = await Promise.all([
    usableLink({ slug: "hello", url: "https://example.com/hello" }),
    usableLink({ slug: "my-link", url: "https://example.com/" }),
  ]);
  await addLink(welcome.url, welcome.slug);
  return { welcome, created };
}

async function usableLink({ slug: wanted, url }: TourLink): Promise<TourLink> {
  for (let slug = wanted, count = 2; ; slug = `${wanted}-${count++}`) {
    const existing = await findLink(slug);
    if (existing === null || existing.url === url) return { slug, url };
  }
}

const JSON_BODY = "-H 'content-type: application/json' -d";

/** A code with a made-up signature, which is right with a chance of one in 900 million. */
const MADE_UP = "hello.222222";

/** Makes the tour's commands: one that succeeds, one that is redirected, two that are refused, and one that watches. */
function tour(url: string, { welcome, created }: TourLinks): readonly Step[] {
  const curl = "curl -s -w ' %{http_code}\\n'";
  const { slug } = created;
  return [
    {
      title: "Create a link",
      command: `${curl} ${url}/links ${JSON_BODY} '{"url":"${created.url}","slug":"${slug}"}'`,
      prints: `{"slug":"${slug}","url":"${created.url}","shortUrl":"${url}/s/${codeOf(slug)}"} 200`,
    },
    {
      title: "Follow one",
      command: `curl -s -w '%{http_code} %{redirect_url}\\n' ${url}/s/${codeOf(welcome.slug)}`,
      prints: `302 ${welcome.url}`,
    },
    {
      title: "Be refused by Rust, before any JavaScript runs",
      command: `${curl} ${url}/links ${JSON_BODY} '{"url":42}'`,
      prints:
        '{"code":"invalid_argument","message":"body.url: expected string, found number",' +
        '"details":{"issues":[{"at":"body.url","expected":"string","found":"number"}]}} 400',
    },
    {
      title: "Be refused by the signature in the code, before any database is asked",
      command: `${curl} ${url}/s/${MADE_UP}`,
      prints:
        `{"code":"not_found","message":"the code ${MADE_UP} was not made here",` +
        `"details":{"code":"${MADE_UP}"}} 404`,
    },
    {
      title: "Read what can be asked, as an OpenAPI document",
      command: `curl -s ${url}/openapi.json`,
    },
    {
      title: "Watch clicks as they are counted, while you follow links in another terminal",
      command: `curl -sN ${url}/live`,
    },
  ];
}

/** Prints the tour of a demo that runs at `url`, and where its dashboard is, if it has one. */
export function printTour(url: string, links: TourLinks, dashboard?: string): void {
  const steps = tour(url, links).map(({ title, command, prints }) =>
    [`${title}:`, `  ${command}`, ...(prints ? [`  → ${prints}`] : []), ""].join("\n"),
  );
  const inside = dashboard === undefined ? "" : ` Its dashboard is at ${dashboard}.`;
  console.log(`\nThe demo runs at ${url} (Ctrl-C ends it).${inside}\n\n${steps.join("\n")}`);
}
