import { useMemo } from "preact/hooks";
import type { AskTools } from "../../contract.ts";
import { Scroll } from "../parts/page.tsx";
import { plainText } from "../text/plain-text.ts";
import { layOut, NODE, pathOf, type Layout } from "./layered-layout.ts";

type MapAnswer = AskTools["services.map"]["value"];

/** Room around the drawing, in pixels. */
const MARGIN = 12;
/** The most characters of a name that fit into a node. */
const MOST_CHARACTERS = 20;

/** The services and what they use as a drawing. The table beneath says the same; here a part is chosen by a click. */
export function ServiceMap({
  map,
  chosen,
  choose,
}: {
  map: MapAnswer;
  chosen: string | null;
  choose: (id: string) => void;
}) {
  const ids = map.nodes.map(({ id }) => id);
  const layout = useMemo(() => layOut(ids, map.edges), [ids.join("\n"), JSON.stringify(map.edges)]);
  const [width, height] = [layout.width + 2 * MARGIN, layout.height + 2 * MARGIN];
  return (
    <Scroll label="Map of the services">
      <svg
        class="map"
        role="img"
        aria-label="Services and what they use; the table below says the same in words"
        width={width}
        height={height}
        viewBox={`${-MARGIN} ${-MARGIN} ${width} ${height}`}
      >
        <defs>
          <marker
            id="arrow"
            viewBox="0 0 8 8"
            refX="7"
            refY="4"
            markerWidth="7"
            markerHeight="7"
            orient="auto"
          >
            <path d="M0 0.5 7.5 4 0 7.5z" class="arrow" />
          </marker>
        </defs>
        <Edges map={map} layout={layout} chosen={chosen} />
        <Nodes map={map} layout={layout} chosen={chosen} choose={choose} />
      </svg>
    </Scroll>
  );
}

interface Drawn {
  readonly map: MapAnswer;
  readonly layout: Layout;
  readonly chosen: string | null;
}

function Edges({ map, layout, chosen }: Drawn) {
  return (
    <>
      {map.edges.map((edge, index) => {
        const way = layout.ways[index] ?? [];
        if (way.length === 0) return null;
        const isNear = chosen === edge.from || chosen === edge.to;
        return (
          <path
            key={`${edge.from} ${edge.to} ${edge.kind}`}
            class={`edge ${edge.kind}${isNear ? " near" : ""}`}
            d={pathOf(way)}
            marker-end="url(#arrow)"
          >
            <title>{edge.kind}</title>
          </path>
        );
      })}
    </>
  );
}

function Nodes({ map, layout, chosen, choose }: Drawn & { choose: (id: string) => void }) {
  return (
    <>
      {map.nodes.map(({ id, name, kind }) => {
        const at = layout.nodes.get(id);
        if (at === undefined) return null;
        return (
          <g
            key={id}
            class={`node ${kind}${id === chosen ? " chosen" : ""}`}
            transform={`translate(${at.x} ${at.y})`}
            onClick={() => choose(id)}
          >
            <title>{plainText(name)}</title>
            <rect width={NODE.width} height={NODE.height} rx={kind === "service" ? 8 : NODE.height / 2} />
            <text x={NODE.width / 2} y={20} class="node-name">
              {shortened(plainText(name))}
            </text>
            <text x={NODE.width / 2} y={36} class="node-kind">
              {kind}
            </text>
          </g>
        );
      })}
    </>
  );
}

function shortened(name: string): string {
  return name.length > MOST_CHARACTERS ? `${name.slice(0, MOST_CHARACTERS - 1)}…` : name;
}
