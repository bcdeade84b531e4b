import { launch } from "./launch.mjs";

launch(() => import("./docs/build-site.mjs"));
