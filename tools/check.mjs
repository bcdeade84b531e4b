import { launch } from "./launch.mjs";

launch(() => import("./checks/run-checks.mjs"));
