import { api, type Multipart, type UploadedFile } from "@twinloop/api";

const HELLO = JSON.stringify({ message: "Hello, World!" });

/** hello by Node's own request and response. */
export const rawHello = api.raw({ expose: true, method: "GET", path: "/raw/hello" }, (_request, response) => {
  response.writeHead(200, { "content-type": "application/json" });
  response.end(HELLO);
});

/** hello by fetch's request and response. */
export const fetchHello = api.raw(
  { expose: true, method: "GET", path: "/fetch/hello" },
  () => new Response(HELLO, { headers: { "content-type": "application/json" } }),
);

/** The files of the static workload, which the suite writes. */
export const files = api.static({ expose: true, path: "/files/*file", dir: "dist/files" });

/** The uploads workload: one file of any size, kept on disk while the handler runs. */
export const upload = api(
  {
    expose: true,
    method: "POST",
    path: "/uploads",
    bodyLimit: 2 ** 32,
    uploads: { maxFileBytes: 2 ** 32 },
    timeout: "10m",
  },
  async ({ file }: Multipart<{ file: UploadedFile }>): Promise<{ bytes: number }> => ({ bytes: file.size }),
);
