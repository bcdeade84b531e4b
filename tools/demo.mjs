import { launch } from "./launch.mjs";

launch(() => import("./setup/start-demo.mjs"));
