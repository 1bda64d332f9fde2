import { once } from "node:events";
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import type { Renaming } from "./rename.ts";

export interface Shim {
  /** Its origin, `http://127.0.0.1:<port>`. */
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * Passes everything on to the gateway and adds the bearer, which the suite has no way to send. Method, path, headers and
 * bytes stay as they were, `Host` and `Origin` too: whether a foreign name is refused is for the gateway to show. With a
 * renaming, the names of tools and prompts change on the way, because the suite knows only those of the server.
 */
export async function startShim(gateway: string, bearer: string, renaming?: Renaming): Promise<Shim> {
  const agent = new Agent({ keepAlive: true });
  const { hostname, port } = new URL(gateway);
  const server = createServer((asked, answer) => {
    const open = (rawHeaders: readonly string[]) => {
      const headers = [...rawHeaders, "Authorization", `Bearer ${bearer}`];
      const onward = request({ hostname, port, agent, method: asked.method, path: asked.url, headers, setHost: false });
      onward.once("response", (back) => relay(back, answer, renaming));
      onward.once("error", () => answer.destroy());
      answer.once("close", () => onward.destroy());
      return onward;
    };
    if (renaming === undefined) asked.pipe(open(asked.rawHeaders));
    else {
      buffer(asked).then(
        (bytes) => {
          const { body, rawHeaders } = renaming.request(bytes, asked.rawHeaders);
          open(withLength(rawHeaders, body.length)).end(body);
        },
        () => answer.destroy(),
      );
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
      agent.destroy();
    },
  };
}

function relay(back: IncomingMessage, answer: ServerResponse, renaming: Renaming | undefined): void {
  answer.writeHead(back.statusCode ?? 502, renaming === undefined ? back.rawHeaders : without(back.rawHeaders, "content-length"));
  answer.flushHeaders();
  if (renaming === undefined) back.pipe(answer);
  else back.pipe(renaming.response(back.headers["content-type"] ?? "")).pipe(answer);
  back.once("error", () => answer.destroy());
}

function withLength(rawHeaders: readonly string[], length: number): string[] {
  const known = rawHeaders.some((name, index) => index % 2 === 0 && name.toLowerCase() === "content-length");
  return known ? [...without(rawHeaders, "content-length"), "Content-Length", String(length)] : [...rawHeaders];
}

function without(rawHeaders: readonly string[], name: string): string[] {
  return rawHeaders.filter((_, index) => rawHeaders[index - (index % 2)]?.toLowerCase() !== name);
}
