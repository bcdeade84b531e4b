import type { AskTools } from "../../contract.ts";
import { Empty, Loaded } from "../parts/notices.tsx";
import { Page } from "../parts/page.tsx";
import { route } from "../state/current-route.ts";
import { useAsked } from "../state/polled.ts";
import { linkTo } from "../state/route.ts";
import { plainText } from "../text/plain-text.ts";
import { whole } from "../text/quantity.ts";
import { SqlBox } from "./sql-box.tsx";
import { TableRows } from "./table-rows.tsx";

type Databases = AskTools["databases.list"]["value"];

/** The app's databases: their tables with rows, and a box for statements that read. */
export function DatabasesPage() {
  const databases = useAsked("databases.list", {});
  return (
    <Page
      title="Databases"
      lead="Tables with their rows, and statements that read. Nothing is changed from here."
    >
      <Loaded polled={databases}>
        {(list) =>
          list.length === 0 ? (
            <Empty title="The app declares no database yet.">
              <p>
                <code>{'new SQLDatabase("shop", { migrations: "./migrations" })'}</code> declares one.
              </p>
            </Empty>
          ) : (
            <Browser databases={list} />
          )
        }
      </Loaded>
    </Page>
  );
}

function Browser({ databases }: { databases: Databases }) {
  const [name, place] = route.value.rest;
  const database = databases.find((known) => known.name === name) ?? databases[0];
  if (database === undefined) return null;
  const table = database.tables.find((known) => `${known.schema}.${known.name}` === place);
  return (
    <div class="browser">
      <nav class="card" aria-label="Tables">
        {databases.map((known) => (
          <div key={known.name}>
            <h2>
              <a
                href={linkTo("databases", [known.name])}
                aria-current={known === database && !table ? "page" : undefined}
              >
                {plainText(known.name)}
              </a>
            </h2>
            <ul>
              {known.tables.map((one) => (
                <li key={`${one.schema}.${one.name}`}>
                  <a
                    href={linkTo("databases", [known.name, `${one.schema}.${one.name}`])}
                    aria-current={one === table ? "page" : undefined}
                  >
                    <span class="clip">
                      {one.schema !== "public" && <span class="quiet">{plainText(one.schema)}.</span>}
                      {plainText(one.name)}
                      {one.kind !== undefined && one.kind !== "table" && <span class="kind">view</span>}
                    </span>
                    {one.rows !== null && (
                      <span class="quiet number">
                        {whole(one.rows)}
                        <span class="hidden"> rows</span>
                      </span>
                    )}
                  </a>
                </li>
              ))}
            </ul>
            {known.problem !== undefined && <p class="bad-text">{plainText(known.problem)}</p>}
            {known.tables.length === 0 && known.problem === undefined && <p class="quiet">No tables yet.</p>}
          </div>
        ))}
      </nav>
      <div class="browser-main">
        {table === undefined ? (
          <SqlBox key={database.name} database={database.name} />
        ) : (
          <TableRows
            key={`${database.name} ${table.schema}.${table.name}`}
            database={database.name}
            table={table}
          />
        )}
      </div>
    </div>
  );
}
