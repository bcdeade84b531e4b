import { useEffect, useState } from "preact/hooks";
import { connection } from "./admin/live.ts";
import { wantsToken } from "./admin/token.ts";
import { CronPage } from "./cron/cron-page.tsx";
import { DatabasesPage } from "./databases/databases-page.tsx";
import { EndpointsPage } from "./endpoints/endpoints-page.tsx";
import { LogsPage } from "./logs/logs-page.tsx";
import { MetricsPage } from "./metrics/metrics-page.tsx";
import { NavIcon } from "./parts/nav-icon.tsx";
import { ThemeSwitch } from "./parts/theme-switch.tsx";
import { TokenPage } from "./token-page.tsx";
import { RequestsPage } from "./requests/requests-page.tsx";
import { SecretsPage } from "./secrets/secrets-page.tsx";
import { ServicesPage } from "./services/services-page.tsx";
import { route } from "./state/current-route.ts";
import { linkTo, PAGES, type PageName } from "./state/route.ts";
import { app } from "./state/running-app.ts";
import { TopicsPage } from "./topics/topics-page.tsx";

const VIEWS: Readonly<Record<PageName, () => preact.JSX.Element>> = {
  requests: RequestsPage,
  endpoints: EndpointsPage,
  services: ServicesPage,
  databases: DatabasesPage,
  topics: TopicsPage,
  cron: CronPage,
  logs: LogsPage,
  metrics: MetricsPage,
  secrets: SecretsPage,
};

/** The whole dashboard: the navigation, the state of the connection, and the page of the address. */
export function App() {
  if (wantsToken.value) return <TokenPage />;
  const { page } = route.value;
  const View = VIEWS[page];
  return (
    <div class="frame">
      <a class="skip" href="#main" onClick={skipToMain}>
        Skip to the page
      </a>
      <Sidebar />
      <main id="main" tabIndex={-1}>
        <View key={page} />
      </main>
    </div>
  );
}

function Sidebar() {
  const [isOpen, setOpen] = useState(false);
  const { page } = route.value;
  useEffect(() => setOpen(false), [route.value]);
  return (
    <header class="side">
      <div class="brand">
        <img src="./icon.svg" alt="" width="26" height="26" />
        <div class="brand-text">
          <span class="brand-name">{app.value?.name ?? "Twinloop"}</span>
          <ConnectionState />
        </div>
        <button
          type="button"
          class="menu"
          aria-expanded={isOpen}
          aria-controls="navigation"
          onClick={() => setOpen(!isOpen)}
        >
          Menu
        </button>
      </div>
      <div id="navigation" class={isOpen ? "side-body open" : "side-body"}>
        <nav aria-label="Pages">
          <ul>
            {(Object.keys(PAGES) as PageName[]).map((name) => (
              <li key={name}>
                <a href={linkTo(name)} aria-current={name === page ? "page" : undefined}>
                  <NavIcon page={name} />
                  {PAGES[name]}
                </a>
              </li>
            ))}
          </ul>
        </nav>
        <div class="side-foot">
          <ThemeSwitch />
          <AppFacts />
        </div>
      </div>
    </header>
  );
}

function ConnectionState() {
  const state = connection.value;
  const words = {
    connecting: "connecting…",
    live: "live",
    reconnecting: "reconnecting…",
    refused: "not live",
  };
  return (
    <span class={`connection ${state}`} role="status">
      <span class="dot" aria-hidden="true" />
      {words[state]}
    </span>
  );
}

function AppFacts() {
  const facts = app.value;
  if (facts === null) return null;
  return (
    <p class="facts">
      {facts.environment} · pid {facts.pid}
      <br />
      Twinloop {facts.twinloop} · Node {facts.node}
    </p>
  );
}

function skipToMain(event: Event): void {
  event.preventDefault();
  document.getElementById("main")?.focus();
}
