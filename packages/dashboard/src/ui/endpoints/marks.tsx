import type { EndpointAnswer } from "../../contract.ts";
import { Badge } from "../parts/badge.tsx";
import { plainText } from "../text/plain-text.ts";

/** What is special about an endpoint: private, with auth, not JSON. */
export function Marks({ endpoint }: { endpoint: EndpointAnswer }) {
  const { exposed, auth, kind, tags } = endpoint;
  return (
    <span class="marks">
      {!exposed && <Badge>private</Badge>}
      {auth !== false && <Badge>auth{typeof auth === "string" ? `: ${plainText(auth)}` : ""}</Badge>}
      {kind !== "json" && <Badge>{kind}</Badge>}
      {tags.map((tag) => (
        <Badge key={tag}>{plainText(tag)}</Badge>
      ))}
    </span>
  );
}
