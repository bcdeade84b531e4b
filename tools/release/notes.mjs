import { launch } from "../launch.mjs";

launch(() => import("./release-notes.mjs"));
