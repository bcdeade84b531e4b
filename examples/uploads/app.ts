import { randomUUID } from "node:crypto";
import { pipeline } from "node:stream/promises";
import { api, APIError, start, type HttpStatus, type Multipart, type UploadedFile } from "@twinloop/api";
import { Bucket, ObjectNotFound } from "@twinloop/objects";

const photos = new Bucket("photos");

interface Photo {
  key: string;
  size: number;
}

/** Takes a form with a title and a file, and keeps the file as an object. Neither is ever in memory as a whole. */
export const upload = api(
  { expose: true, method: "POST", path: "/albums/:album", bodyLimit: 50 << 20, uploads: { maxFiles: 1 } },
  async ({
    album,
    title,
    photo,
  }: Multipart<{ album: string; title: string; photo: UploadedFile }>): Promise<
    Photo & { title: string; status: HttpStatus }
  > => {
    if (!photo.type.startsWith("image/")) throw APIError.invalidArgument(`${photo.name} is no image`);
    const key = `${album}/${randomUUID()}`;
    const { size } = await photos.upload(key, photo.stream(), { contentType: photo.type });
    return { key, size, title, status: 201 };
  },
);

/** Lists the photos of an album. */
export const list = api(
  { expose: true, method: "GET", path: "/albums/:album" },
  async ({ album }: { album: string }): Promise<{ photos: Photo[] }> => {
    const found: Photo[] = [];
    for await (const { name, size } of photos.list({ prefix: `${album}/` })) found.push({ key: name, size });
    return { photos: found };
  },
);

/** Sends a photo at the pace of whoever reads it. */
export const download = api.raw(
  { expose: true, method: "GET", path: "/photos/*key" },
  async (request, response) => {
    const key = decodeURIComponent(request.url!.slice("/photos/".length));
    try {
      const { contentType = "application/octet-stream", size } = await photos.attrs(key);
      response.writeHead(200, { "content-type": contentType, "content-length": size });
      await pipeline(photos.downloadStream(key), response);
    } catch (error) {
      if (!(error instanceof ObjectNotFound)) throw error;
      response.writeHead(404).end("there is no such photo\n");
    }
  },
);

await start();
