/** For one endpoint of `test/payloads`: a value as the service documents it, and variations that must not pass. */
export interface PayloadValues {
  readonly good: unknown;
  /** Merged over the good value at the top; the path is where the first issue is. */
  readonly broken: readonly { readonly change: Readonly<Record<string, unknown>>; readonly at: string }[];
}

const feature = { type: "Feature", geometry: { type: "Point", coordinates: [13.4, 52.5] }, properties: null };
const part = { type: "text", text: "Good day" };

export const payloadValues: Readonly<Record<string, PayloadValues>> = {
  feature: {
    good: feature,
    broken: [
      {
        change: { geometry: { type: "Point", coordinates: ["13.4", 52.5] } },
        at: "body.geometry.coordinates[0]",
      },
      { change: { geometry: { type: "Circle", coordinates: [0, 0] } }, at: "body.geometry.type" },
      { change: { type: "Thing" }, at: "body.type" },
    ],
  },
  featureCollection: {
    good: { type: "FeatureCollection", features: [feature, feature] },
    broken: [
      { change: { features: [feature, { ...feature, properties: 1 }] }, at: "body.features[1].properties" },
    ],
  },
  cloudEvent: {
    good: {
      specversion: "1.0",
      id: "A-1",
      source: "/orders",
      type: "order.placed",
      time: "2024-05-01T12:00:00Z",
      data: { orderId: "o1" },
      traceparent: "00-ab-cd-01",
    },
    broken: [
      { change: { data: { orderId: 7 } }, at: "body.data.orderId" },
      { change: { id: null }, at: "body.id" },
    ],
  },
  slackBlocks: {
    good: {
      blocks: [
        { type: "section", text: { type: "mrkdwn", text: "*Hello*" } },
        { type: "divider" },
        {
          type: "actions",
          elements: [
            { type: "button", text: { type: "plain_text", text: "Go" }, action_id: "go", style: "primary" },
          ],
        },
      ],
    },
    broken: [
      { change: { blocks: [{ type: "nothing" }] }, at: "body.blocks[0].type" },
      {
        change: { blocks: [{ type: "section", text: { type: "html", text: "x" } }] },
        at: "body.blocks[0].text.type",
      },
    ],
  },
  discordEmbed: {
    good: { title: "Release", color: 5814783, fields: [{ name: "Version", value: "1.0", inline: true }] },
    broken: [{ change: { fields: [{ name: "Version", value: 1 }] }, at: "body.fields[0].value" }],
  },
  sqsEvent: {
    good: {
      Records: [
        {
          messageId: "m1",
          receiptHandle: "r1",
          body: "{}",
          attributes: {
            ApproximateReceiveCount: "1",
            SentTimestamp: "1",
            SenderId: "s",
            ApproximateFirstReceiveTimestamp: "1",
          },
          messageAttributes: { kind: { stringValue: "a", dataType: "String" } },
          md5OfBody: "x",
          eventSource: "aws:sqs",
          eventSourceARN: "arn",
          awsRegion: "eu-central-1",
        },
      ],
    },
    broken: [{ change: { Records: [{ messageId: 1 }] }, at: "body.Records[0].messageId" }],
  },
  notionText: {
    good: {
      text: [
        {
          type: "text",
          text: { content: "Hello", link: null },
          annotations: {
            bold: false,
            italic: true,
            strikethrough: false,
            underline: false,
            code: false,
            color: "blue",
          },
          plain_text: "Hello",
          href: null,
        },
      ],
    },
    broken: [{ change: { text: [{ type: "picture" }] }, at: "body.text[0].type" }],
  },
  openaiChat: {
    good: {
      model: "gpt-4o",
      messages: [
        { role: "system", content: "Be brief." },
        {
          role: "user",
          content: [part, { type: "image_url", image_url: { url: "https://a.example/b.png" } }],
        },
      ],
      temperature: 0.2,
    },
    broken: [
      { change: { messages: [{ role: "nobody", content: "x" }] }, at: "body.messages[0].role" },
      { change: { temperature: "warm" }, at: "body.temperature" },
    ],
  },
  anthropicMessageCreate: {
    good: { model: "claude", max_tokens: 100, messages: [{ role: "user", content: [part] }] },
    broken: [
      { change: { max_tokens: "many" }, at: "body.max_tokens" },
      {
        change: { messages: [{ role: "user", content: [{ type: "text" }] }] },
        at: "body.messages[0].content[0].text",
      },
    ],
  },
  paypalCreateOrder: {
    good: { intent: "CAPTURE", purchase_units: [{ amount: { currency_code: "EUR", value: "10.00" } }] },
    broken: [{ change: { intent: "TAKE" }, at: "body.intent" }],
  },
  customerCreate: {
    good: { email: "a@b.example", metadata: { plan: "pro" }, address: { city: "Berlin", country: "DE" } },
    broken: [{ change: { address: { city: 1 } }, at: "body.address.city" }],
  },
  fhirPatient: {
    good: { resourceType: "Patient", name: [{ family: "Doe", given: ["Jo"] }], gender: "other" },
    broken: [
      { change: { gender: "x" }, at: "body.gender" },
      { change: { name: [{ given: [1] }] }, at: "body.name[0].given[0]" },
    ],
  },
  estreeProgram: {
    good: {
      type: "Program",
      sourceType: "module",
      body: [
        {
          type: "ExpressionStatement",
          expression: {
            type: "BinaryExpression",
            operator: "+",
            left: { type: "Literal", value: 1, raw: "1" },
            right: { type: "Identifier", name: "x" },
          },
        },
      ],
    },
    broken: [{ change: { body: [{ type: "Nonsense" }] }, at: "body.body[0].type" }],
  },
  mdastRoot: {
    good: { type: "root", children: [{ type: "paragraph", children: [{ type: "text", value: "Hi" }] }] },
    broken: [
      {
        change: { children: [{ type: "paragraph", children: [{ type: "text" }] }] },
        at: "body.children[0].children[0].value",
      },
    ],
  },
  jwtPayload: {
    good: { iss: "me", aud: ["a", "b"], exp: 1, custom: { any: [1] } },
    broken: [{ change: { exp: "soon" }, at: "body.exp" }],
  },
  insertPerson: {
    good: { name: "Jo", metadata: "{}" },
    broken: [{ change: { name: 1 }, at: "body.name" }],
  },
  zodOrder: {
    good: {
      id: "x",
      at: "2024-05-01T12:00:00Z",
      lines: [{ sku: "a", count: 1 }],
      state: { kind: "paid", by: "card" },
    },
    broken: [{ change: { state: { kind: "paid" } }, at: "body.state.by" }],
  },
};
