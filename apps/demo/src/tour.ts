/** A command to paste, and what it prints. */
export interface Step {
  readonly title: string;
  readonly command: string;
  readonly prints: string;
}

/** The link that is there from the start. */
export const WELCOME = { slug: "hello", url: "https://example.com/hello" };

const JSON_BODY = "-H 'content-type: application/json' -d";

/** Three commands that show the demo at work: one that succeeds, one that is redirected, one that is refused. */
export function tour(url: string): readonly Step[] {
  const curl = "curl -s -w ' %{http_code}\\n'";
  return [
    {
      title: "Create a link",
      command: `${curl} ${url}/links ${JSON_BODY} '{"url":"https://example.com/","slug":"my-link"}'`,
      prints: `{"slug":"my-link","url":"https://example.com/","shortUrl":"${url}/s/my-link"} 200`,
    },
    {
      title: "Follow one",
      command: `curl -s -w '%{http_code} %{redirect_url}\\n' ${url}/s/${WELCOME.slug}`,
      prints: `302 ${WELCOME.url}`,
    },
    {
      title: "Be refused by Rust, before any JavaScript runs",
      command: `${curl} ${url}/links ${JSON_BODY} '{"url":42}'`,
      prints:
        '{"code":"invalid_argument","message":"body.url: expected string, found number",' +
        '"details":{"issues":[{"at":"body.url","expected":"string","found":"number"}]}} 400',
    },
  ];
}

/** The tour as it is printed at start. */
export function printTour(url: string): void {
  const steps = tour(url).map(({ title, command, prints }) => `${title}:\n  ${command}\n  → ${prints}\n`);
  console.log(`\nThe demo runs at ${url} (Ctrl-C ends it).\n\n${steps.join("\n")}`);
}
