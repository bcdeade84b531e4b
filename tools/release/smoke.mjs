import { launch } from "../launch.mjs";

launch(() => import("./smoke-test.mjs"));
