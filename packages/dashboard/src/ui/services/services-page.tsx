import { useState } from "preact/hooks";
import type { AskTools } from "../../contract.ts";
import { Empty, Loaded } from "../parts/notices.tsx";
import { Page, Scroll, Section } from "../parts/page.tsx";
import { useAsked } from "../state/polled.ts";
import { cellText, plainText } from "../text/plain-text.ts";
import { ServiceMap } from "./service-map.tsx";

type MapAnswer = AskTools["services.map"]["value"];

/** The services of the app with what they use, as a drawing and as a table. */
export function ServicesPage() {
  const map = useAsked("services.map", {});
  return (
    <Page
      title="Services"
      lead="The services of the app and what their declarations join them to. Who calls and publishes while it runs stands in the traces of requests."
    >
      <Loaded polled={map}>
        {(answer) =>
          answer.nodes.length === 0 ? (
            <Empty title="The app declares no service yet.">
              <p>A service appears here with its first endpoint, topic, job or database.</p>
            </Empty>
          ) : (
            <Mapped answer={answer} />
          )
        }
      </Loaded>
    </Page>
  );
}

function Mapped({ answer }: { answer: MapAnswer }) {
  const [chosen, setChosen] = useState<string | null>(null);
  const node = answer.nodes.find(({ id }) => id === chosen);
  return (
    <>
      <ServiceMap map={answer} chosen={chosen} choose={setChosen} />
      {node !== undefined && (
        <section class="section card" aria-label="The chosen part" role="status">
          <h2>
            {plainText(node.name)} <span class="kind">{node.kind}</span>
          </h2>
          <Details details={node.details} />
        </section>
      )}
      <Section title="As a table">
        <Scroll label="Services and their connections">
          <table>
            <thead>
              <tr>
                <th scope="col">Name</th>
                <th scope="col">Kind</th>
                <th scope="col">Leads to</th>
                <th scope="col">Comes from</th>
              </tr>
            </thead>
            <tbody>
              {answer.nodes.map(({ id, name, kind }) => (
                <tr key={id}>
                  <th scope="row">
                    <button type="button" class="link" onClick={() => setChosen(id)}>
                      {plainText(name)}
                    </button>
                  </th>
                  <td>{kind}</td>
                  <td>{neighbours(answer, id, "from")}</td>
                  <td>{neighbours(answer, id, "to")}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      </Section>
    </>
  );
}

/** What an edge is called at its beginning and at its end. A topic leads to those that subscribe to it. */
const WORDS: Readonly<Record<MapAnswer["edges"][number]["kind"], readonly [from: string, to: string]>> = {
  calls: ["calls", "called by"],
  publishes: ["publishes to", "published by"],
  subscribes: ["read by", "subscribes to"],
  uses: ["uses", "used by"],
  runs: ["runs", "run by"],
};

function neighbours({ nodes, edges }: MapAnswer, id: string, end: "from" | "to"): string {
  const other = end === "from" ? "to" : "from";
  return edges
    .filter((edge) => edge[end] === id)
    .map((edge) => {
      const name = nodes.find((node) => node.id === edge[other])?.name ?? edge[other];
      return `${WORDS[edge.kind][end === "from" ? 0 : 1]} ${plainText(name)}`;
    })
    .join(", ");
}

function Details({ details }: { details: Readonly<Record<string, unknown>> }) {
  const entries = Object.entries(details);
  if (entries.length === 0) return <p class="quiet">Nothing more is known of it.</p>;
  return (
    <dl class="attributes">
      {entries.map(([name, value]) => (
        <div key={name}>
          <dt>{plainText(name)}</dt>
          <dd>{Array.isArray(value) ? value.map(cellText).join(", ") : cellText(value)}</dd>
        </div>
      ))}
    </dl>
  );
}
