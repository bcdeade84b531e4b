import { api, appMeta, start } from "@twinloop/api";
import "./activity.ts";
import "./admin.ts";
import "./links.ts";
import "./live.ts";
import "./roll-up.ts";
import "./sign-in.ts";
import { prepareTour, printTour } from "./tour.ts";

/** The page at `/`: served by Rust from `public/`, without JavaScript on this side. */
export const page = api.static({
  expose: true,
  path: "/*file",
  dir: "./public",
  notFound: "404.html",
  headers: {
    "content-security-policy":
      "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "referrer-policy": "same-origin",
  },
});

const { url, running } = await start({ openapi: { title: "Short links" } });
const dashboard = running.find(({ what }) => what === "admin")?.where;
if (appMeta().isMainIsolate) printTour(url!, await prepareTour(), dashboard);
