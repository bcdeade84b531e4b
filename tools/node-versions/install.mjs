import { launch } from "../launch.mjs";

launch(() => import("./install-nodes.mjs"));
