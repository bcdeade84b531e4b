/**
 * Reads server-sent events as the JSON texts of what their endpoint has yielded: `{"data":…,"event"?,"id"?,"retry"?}`.
 *
 * Shape:  the lines of the stream -> the texts; comments and blocks without data are passed over.
 * Source: WHATWG HTML, section 9.2.6.
 */
export async function* readEvents(lines: AsyncIterable<string>): AsyncGenerator<string, void> {
  let event: EventParts = {};
  let isFirst = true;
  for await (const given of lines) {
    const line = isFirst && given.startsWith("\ufeff") ? given.slice(1) : given;
    isFirst = false;
    if (line !== "") addField(event, line);
    else {
      if (event.data !== undefined) yield textOf(event);
      event = {};
    }
  }
}

/** The fields of one event, as texts of the stream. */
interface EventParts {
  data?: string;
  event?: string;
  id?: string;
  retry?: string;
}

/**
 * Adds a line to an event: `name: value`, with one space after the colon left out. Several lines of `data` are joined by line
 * feeds; other names, such as that of a comment, are passed over.
 */
function addField(event: EventParts, line: string): void {
  const [, name = "", value = ""] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
  if (name === "data") event.data = event.data === undefined ? value : `${event.data}\n${value}`;
  else if (name === "event" || name === "id" || name === "retry") event[name] = value;
}

/** Writes an event as JSON. `data` is JSON already, as events of this runtime are; `retry` is a number. */
function textOf({ data = "null", event, id, retry }: EventParts): string {
  const parts = [`"data":${data}`];
  if (event !== undefined) parts.push(`"event":${JSON.stringify(event)}`);
  if (id !== undefined) parts.push(`"id":${JSON.stringify(id)}`);
  if (retry !== undefined) parts.push(`"retry":${retry}`);
  return `{${parts.join(",")}}`;
}
