/** The pages, in the order of the navigation, with their titles. */
export const PAGES = {
  requests: "Requests",
  endpoints: "Endpoints",
  services: "Services",
  databases: "Databases",
  topics: "Topics",
  cron: "Cron",
  logs: "Logs",
  metrics: "Metrics",
  secrets: "Secrets",
} as const;

/** The name of a page in the address. */
export type PageName = keyof typeof PAGES;

/** What the address shows: a page, a thing on it, and its settings. */
export interface PageAddress {
  readonly page: PageName;
  /** The parts behind the page, such as a trace's id. */
  readonly rest: readonly string[];
  readonly query: URLSearchParams;
}

/** Reads the part of an address behind `#`; what names no page is the page of requests. */
export function readRoute(hash: string): PageAddress {
  const [path = "", query = ""] = hash.replace(/^#?\/?/, "").split("?", 2);
  const [page = "", ...rest] = path.split("/").map(decode);
  const isPage = Object.hasOwn(PAGES, page);
  return {
    page: isPage ? (page as PageName) : "requests",
    rest: isPage ? rest.filter((part) => part !== "") : [],
    query: new URLSearchParams(query),
  };
}

/** The address of a page, for links: `#/requests/4bf9…?q=links`. Settings that are empty are left out. */
export function linkTo(
  page: PageName,
  rest: readonly string[] = [],
  query: Readonly<Record<string, string>> = {},
): string {
  const path = [page, ...rest].map(encodeURIComponent).join("/");
  const settings = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== ""));
  const text = settings.toString();
  return `#/${path}${text === "" ? "" : `?${text}`}`;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
