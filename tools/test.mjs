import { launch } from "./launch.mjs";

launch(() => import("./suites/run-suites.mjs"));
