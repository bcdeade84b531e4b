import { render } from "preact";
import "uplot/dist/uPlot.min.css";
import "./styles/base.css";
import "./styles/frame.css";
import "./styles/parts.css";
import "./styles/pages.css";
import { followLive } from "./admin/live.ts";
import { App } from "./app.tsx";
import { pollMetrics } from "./metrics/polling.ts";
import { applyTheme } from "./state/theme.ts";
import { take } from "./state/told.ts";

applyTheme();
void followLive(take);
pollMetrics();

const root = document.getElementById("root");
if (root !== null) render(<App />, root);
