import { Badge } from "../parts/badge.tsx";
import { Empty, Loaded } from "../parts/notices.tsx";
import { Page, Scroll } from "../parts/page.tsx";
import { useAsked } from "../state/polled.ts";
import { plainText } from "../text/plain-text.ts";

/** The secrets that the app declares, and where each was found. Values never come here. */
export function SecretsPage() {
  const secrets = useAsked("secrets.list", {});
  return (
    <Page
      title="Secrets"
      lead="The secrets that the app declares, and where each was found. Values never leave the app."
    >
      <Loaded polled={secrets}>
        {(list) =>
          list.length === 0 ? (
            <Empty title="The app declares no secret.">
              <p>
                <code>const apiKey = secret("API_KEY")</code> declares one.
              </p>
            </Empty>
          ) : (
            <Scroll label="Secrets">
              <table>
                <thead>
                  <tr>
                    <th scope="col">Name</th>
                    <th scope="col">State</th>
                    <th scope="col">Where</th>
                  </tr>
                </thead>
                <tbody>
                  {list.map(({ name, found, where }) => (
                    <tr key={name}>
                      <th scope="row">
                        <code>{plainText(name)}</code>
                      </th>
                      <td>
                        <Badge tone={found ? "good" : "bad"}>{found ? "found" : "✕ missing"}</Badge>
                      </td>
                      <td>{plainText(where)}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </Scroll>
          )
        }
      </Loaded>
    </Page>
  );
}
