import { Empty, Loaded } from "../parts/notices.tsx";
import { Page, Scroll, Section } from "../parts/page.tsx";
import { MetricChart } from "../metrics/metric-chart.tsx";
import { route } from "../state/current-route.ts";
import { useAsked } from "../state/polled.ts";
import { linkTo } from "../state/route.ts";
import { plainText } from "../text/plain-text.ts";
import { duration, whole } from "../text/quantity.ts";
import { SubscriptionPage } from "./subscription-page.tsx";
import { PauseButton, SubscriptionState, type ListedSubscription } from "./subscription-state.tsx";

/** How often depths are read, in milliseconds. */
const EVERY_MS = 3000;

/** The subscriptions with their messages by state, or one of them where the address names it. */
export function TopicsPage() {
  const topics = useAsked("topics.list", {}, EVERY_MS);
  const [topic, subscription] = route.value.rest;
  const found = topics.value?.subscriptions.find(
    (one) => one.topic === topic && one.subscription === subscription,
  );
  if (found !== undefined)
    return <SubscriptionPage key={`${topic} ${subscription}`} one={found} reload={topics.reload} />;
  return (
    <Page title="Topics" lead="Subscriptions, and what waits in them.">
      <Loaded polled={topics}>
        {({ place, subscriptions }) =>
          subscriptions.length === 0 ? (
            <Empty title="No subscription is known to the broker yet.">
              <p>
                <code>{'new Subscription(orders, "invoices", { handler: … })'}</code> declares one; it is
                known once the app has run with it.
              </p>
            </Empty>
          ) : (
            <>
              <p class="quiet">
                Broker: <code>{plainText(place)}</code>
              </p>
              <SubscriptionTable subscriptions={subscriptions} reload={topics.reload} />
              <Section title="Over time">
                <div class="charts">
                  <MetricChart id="depth" />
                  <MetricChart id="flow" />
                </div>
              </Section>
            </>
          )
        }
      </Loaded>
    </Page>
  );
}

function SubscriptionTable({
  subscriptions,
  reload,
}: {
  subscriptions: readonly ListedSubscription[];
  reload: () => void;
}) {
  const numbers = ["ready", "delayed", "inFlight", "dead"] as const;
  const titles = { ready: "Ready", delayed: "Delayed", inFlight: "In flight", dead: "Dead letters" };
  return (
    <Scroll label="Subscriptions">
      <table>
        <thead>
          <tr>
            <th scope="col">Topic</th>
            <th scope="col">Subscription</th>
            <th scope="col">State</th>
            {numbers.map((name) => (
              <th scope="col" class="number" key={name}>
                {titles[name]}
              </th>
            ))}
            <th scope="col" class="number">
              Oldest
            </th>
            <th scope="col">Change</th>
          </tr>
        </thead>
        <tbody>
          {subscriptions.map((one) => (
            <tr key={`${one.topic} ${one.subscription}`}>
              <td>{plainText(one.topic)}</td>
              <th scope="row">
                <a href={linkTo("topics", [one.topic, one.subscription])}>{plainText(one.subscription)}</a>
              </th>
              <td>
                <SubscriptionState one={one} />
              </td>
              {numbers.map((name) => (
                <td class={`number${name === "dead" && one.dead > 0 ? " bad-text" : ""}`} key={name}>
                  {whole(one[name])}
                </td>
              ))}
              <td class="number">
                {one.oldestMs === null || one.ready === 0 ? "–" : duration(one.oldestMs)}
              </td>
              <td>
                <PauseButton one={one} reload={reload} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}
