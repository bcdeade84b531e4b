import { useState } from "preact/hooks";
import type { EndpointAnswer } from "../../contract.ts";
import { DocText } from "../parts/doc-text.tsx";
import { Empty, Loaded } from "../parts/notices.tsx";
import { Page, Section } from "../parts/page.tsx";
import { route } from "../state/current-route.ts";
import { useAsked } from "../state/polled.ts";
import { linkTo } from "../state/route.ts";
import { plainText } from "../text/plain-text.ts";
import { CallHistory } from "./call-history-list.tsx";
import { EndpointPage } from "./endpoint-page.tsx";
import { Marks } from "./marks.tsx";

/** The endpoints of the app by service, or one with its form where the address names it. */
export function EndpointsPage() {
  const endpoints = useAsked("endpoints.list", {});
  const [id] = route.value.rest;
  const found = endpoints.value?.find((endpoint) => endpoint.id === id);
  if (id !== undefined && found !== undefined) return <EndpointPage key={id} endpoint={found} />;
  return (
    <Page title="Endpoints" lead="What the app answers to. Each endpoint has a form made from its types.">
      <Loaded polled={endpoints}>
        {(list) => (
          <>
            {id !== undefined && (
              <div class="notice warn">
                <p>The app has no endpoint {plainText(id)} any more.</p>
              </div>
            )}
            <EndpointList endpoints={list} />
          </>
        )}
      </Loaded>
      <CallHistory />
    </Page>
  );
}

function EndpointList({ endpoints }: { endpoints: readonly EndpointAnswer[] }) {
  const [text, setText] = useState("");
  if (endpoints.length === 0) {
    return (
      <Empty title="The app has no endpoint yet.">
        <p>
          <code>
            {'export const hello = api({ expose: true, method: "GET", path: "/hello" }, async () => …)'}
          </code>{" "}
          declares one.
        </p>
      </Empty>
    );
  }
  const sought = text.trim().toLowerCase();
  const shown = endpoints.filter(({ id, path, methods, doc }) =>
    `${id} ${path} ${methods.join(" ")} ${doc ?? ""}`.toLowerCase().includes(sought),
  );
  const services = [...new Set(shown.map(({ service }) => service))];
  return (
    <>
      <form class="filters" role="search" onSubmit={(event) => event.preventDefault()}>
        <label class="grow">
          <span>Search</span>
          <input
            type="search"
            placeholder="name, path, method or text"
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
          />
        </label>
      </form>
      {shown.length === 0 && <Empty title="No endpoint fits this search." />}
      {services.map((service) => (
        <Section key={service} title={plainText(service)}>
          <ul class="list">
            {shown
              .filter((endpoint) => endpoint.service === service)
              .map((endpoint) => (
                <li key={endpoint.id}>
                  <a class="row-link" href={linkTo("endpoints", [endpoint.id])}>
                    <span class="method">{endpoint.methods.join(" ")}</span>
                    <span class="path">{plainText(endpoint.path)}</span>
                    <Marks endpoint={endpoint} />
                  </a>
                  {endpoint.doc !== null && (
                    <p class="quiet">
                      <DocText text={endpoint.doc} />
                    </p>
                  )}
                </li>
              ))}
          </ul>
        </Section>
      ))}
    </>
  );
}
