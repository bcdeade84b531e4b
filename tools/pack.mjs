import { launch } from "./launch.mjs";

launch(() => import("./release/pack.mjs"));
