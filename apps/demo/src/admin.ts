import { api, APIError, CSV, type MaxLen, type Multipart, type UploadedFile } from "@twinloop/api";
import { getAuthData } from "@twinloop/api/auth";
import { addLink, newestLinks } from "./link-store.ts";
import type { Person } from "./sign-in.ts";

/** Says who is signed in. */
export const whoAmI = api(
  { expose: true, auth: true, method: "GET", path: "/admin/me" },
  async (): Promise<Person> => getAuthData<Person>()!,
);

/** Gives all links as a table to save. */
export const download = api(
  { expose: true, auth: true, method: "GET", path: "/admin/links.csv" },
  async (): Promise<CSV> => {
    const links = await newestLinks(10_000);
    const rows = links.map(({ slug, url, clicks }) => [slug, url, clicks]);
    return new CSV([["slug", "url", "clicks"], ...rows], { name: "links.csv", safe: true });
  },
);

interface Imported {
  added: number;
  /** The lines that were left out, with the reason. */
  refused: { line: number; why: string }[];
}

const MOST_LINES = 1_000;
const SLUG = /^[a-z0-9-]{3,32}$/;

/** Adds the links of a file of lines `slug,url`. */
export const upload = api(
  { expose: true, auth: true, method: "POST", path: "/admin/links", bodyLimit: 1 << 20 },
  async ({ file }: Multipart<{ file: UploadedFile; note?: string & MaxLen<200> }>): Promise<Imported> => {
    const lines = (await readText(file)).split(/\r?\n/).slice(0, MOST_LINES);
    const imported: Imported = { added: 0, refused: [] };
    for (const [index, line] of lines.entries()) {
      if (line.trim() === "" || line === "slug,url") continue;
      const why = await addLine(line);
      if (why === null) imported.added++;
      else imported.refused.push({ line: index + 1, why });
    }
    return imported;
  },
);

async function readText(file: UploadedFile): Promise<string> {
  try {
    return await file.text();
  } catch (cause) {
    throw APIError.invalidArgument("the file is no text in UTF-8", cause as Error);
  }
}

/** Adds the link of one line; the reason where it cannot be added. */
async function addLine(line: string): Promise<string | null> {
  const [slug = "", ...rest] = line.split(",");
  const url = rest.join(",").trim();
  if (!SLUG.test(slug)) return "a slug is 3 to 32 small letters, digits or hyphens";
  if (!URL.canParse(url) || !/^https?:/.test(url)) return "the address is none of http or https";
  return (await addLink(url, slug)) === null ? "the slug is taken" : null;
}
