import { api } from "@twinloop/api";
import type { CloudEventV1 } from "cloudevents";
import type {
  APIGatewayProxyEventV2,
  S3Event,
  SNSEvent,
  SQSEvent,
  DynamoDBStreamEvent,
  EventBridgeEvent,
} from "aws-lambda";

export const cloudEvent = api(
  { path: "/cloudEvent" },
  async (value: CloudEventV1<{ orderId: string }>): Promise<void> => void value,
);

export const apiGatewayEvent = api(
  { path: "/apiGatewayEvent" },
  async (value: APIGatewayProxyEventV2): Promise<void> => void value,
);

export const sqsEvent = api({ path: "/sqsEvent" }, async (value: SQSEvent): Promise<void> => void value);

export const snsEvent = api({ path: "/snsEvent" }, async (value: SNSEvent): Promise<void> => void value);

export const s3Event = api({ path: "/s3Event" }, async (value: S3Event): Promise<void> => void value);

export const dynamoEvent = api(
  { path: "/dynamoEvent" },
  async (value: DynamoDBStreamEvent): Promise<void> => void value,
);

export const bridgeEvent = api(
  { path: "/bridgeEvent" },
  async (value: EventBridgeEvent<"order.placed", { orderId: string }>): Promise<void> => void value,
);
