import { api } from "@twinloop/api";
import type {
  APIEmbed,
  APIInteraction,
  APIMessage,
  RESTPostAPIChannelMessageJSONBody,
} from "discord-api-types/v10";

export const discordInteraction = api(
  { path: "/discordInteraction" },
  async (value: APIInteraction): Promise<void> => void value,
);

export const discordMessage = api(
  { path: "/discordMessage" },
  async (value: APIMessage): Promise<void> => void value,
);

export const discordEmbed = api(
  { path: "/discordEmbed" },
  async (value: APIEmbed): Promise<void> => void value,
);

export const discordPostMessage = api(
  { path: "/discordPostMessage" },
  async (value: RESTPostAPIChannelMessageJSONBody): Promise<void> => void value,
);
