import { launch } from "../tools/launch.mjs";

launch(() => import("./harness/bench.mjs"));
