import { once } from "node:events";
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface Shim {
  /** Its origin, `http://127.0.0.1:<port>`. */
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * Passes everything on to the gateway and adds the bearer, which the suite has no way to send. Method, path, headers and
 * bytes stay as they were, `Host` and `Origin` too: whether a foreign name is refused is for the gateway to show.
 */
export async function startShim(gateway: string, bearer: string): Promise<Shim> {
  const agent = new Agent({ keepAlive: true });
  const { hostname, port } = new URL(gateway);
  const server = createServer((asked, answer) => {
    const headers = [...asked.rawHeaders, "Authorization", `Bearer ${bearer}`];
    const onward = request({ hostname, port, agent, method: asked.method, path: asked.url, headers, setHost: false });
    onward.once("response", (back) => relay(back, answer));
    onward.once("error", () => answer.destroy());
    answer.once("close", () => onward.destroy());
    asked.pipe(onward);
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

function relay(back: IncomingMessage, answer: ServerResponse): void {
  answer.writeHead(back.statusCode ?? 502, back.rawHeaders);
  answer.flushHeaders();
  back.pipe(answer);
  back.once("error", () => answer.destroy());
}
