import { api } from "@twinloop/api";
import type {
  BlockObjectResponse,
  CreatePageParameters,
  PageObjectResponse,
  QueryDataSourceParameters,
  RichTextItemResponse,
} from "@notionhq/client";

export const notionBlock = api(
  { path: "/notionBlock" },
  async (value: BlockObjectResponse): Promise<void> => void value,
);

export const notionCreatePage = api(
  { path: "/notionCreatePage" },
  async (value: CreatePageParameters): Promise<void> => void value,
);

export const notionPage = api(
  { path: "/notionPage" },
  async (value: PageObjectResponse): Promise<void> => void value,
);

export const notionQuery = api(
  { path: "/notionQuery" },
  async (value: QueryDataSourceParameters): Promise<void> => void value,
);

export const notionText = api(
  { path: "/notionText" },
  async (value: { text: RichTextItemResponse[] }): Promise<void> => void value,
);
