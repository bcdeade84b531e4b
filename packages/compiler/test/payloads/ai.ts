import { api } from "@twinloop/api";
import type Anthropic from "@anthropic-ai/sdk";
import type OpenAI from "openai";

export const openaiChat = api(
  { path: "/openaiChat" },
  async (value: OpenAI.Chat.ChatCompletionCreateParams): Promise<void> => void value,
);

export const openaiResponse = api(
  { path: "/openaiResponse" },
  async (value: OpenAI.Responses.Response): Promise<void> => void value,
);

export const openaiResponseInput = api(
  { path: "/openaiResponseInput" },
  async (value: { input: OpenAI.Responses.ResponseInput }): Promise<void> => void value,
);

export const openaiEvent = api(
  { path: "/openaiEvent" },
  async (value: OpenAI.Responses.ResponseStreamEvent): Promise<void> => void value,
);

export const anthropicMessageCreate = api(
  { path: "/anthropicMessageCreate" },
  async (value: Anthropic.MessageCreateParams): Promise<void> => void value,
);

export const anthropicMessage = api(
  { path: "/anthropicMessage" },
  async (value: Anthropic.Message): Promise<void> => void value,
);

export const anthropicEvent = api(
  { path: "/anthropicEvent" },
  async (value: Anthropic.MessageStreamEvent): Promise<void> => void value,
);
