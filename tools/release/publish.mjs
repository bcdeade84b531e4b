import { launch } from "../launch.mjs";

launch(() => import("./publish-packed.mjs"));
