import type { PageName } from "../state/route.ts";

/** The strokes of each page's sign, on a field of 16 by 16. */
const PATHS: Readonly<Record<PageName, string>> = {
  requests: "M2 4h7M4 8h8M7 12h7",
  endpoints: "M5 3 1.5 8 5 13M11 3l3.5 5L11 13",
  services: "M2 2.5h4v4H2zM10 9.5h4v4h-4zM6 4.5h3.5q2.5 0 2.5 2.5v2.5",
  databases: "M2.5 4c0-3 11-3 11 0v8c0 3-11 3-11 0zM2.5 4c0 3 11 3 11 0M2.5 8c0 3 11 3 11 0",
  topics: "M1.5 3.5h13v9h-13zM2 4l6 5 6-5",
  cron: "M8 1.8a6.2 6.2 0 1 0 .01 0M8 4.5V8l2.5 2",
  logs: "M2 3h12M2 6.5h9M2 10h12M2 13.5h6",
  metrics: "M2 2v12h12M4.5 10.5l3-4 2.5 2.5 4-5.5",
  secrets: "M3 7.5h10v6H3zM5 7.5V5a3 3 0 0 1 6 0v2.5",
};

/** A small sign beside a page's name; it says nothing of its own. */
export function NavIcon({ page }: { page: PageName }) {
  return (
    <svg class="icon" width="16" height="16" viewBox="0 0 16 16" aria-hidden="true">
      <path d={PATHS[page]} />
    </svg>
  );
}
