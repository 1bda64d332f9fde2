// Preloaded into a server that would listen on every address: it listens on 127.0.0.1 instead, says where, and does not
// outlive the demo.
import { Server } from "node:net";
import { whenParentEnds } from "../../platform/parent-process.ts";

whenParentEnds(() => process.exit());

const listen = Server.prototype.listen;

Server.prototype.listen = function onLoopback(this: Server, port: unknown, ...rest: unknown[]): Server {
  this.once("listening", () => {
    const address = this.address();
    if (typeof address === "object" && address !== null) {
      process.stdout.write(`${JSON.stringify({ ready: true, url: `http://127.0.0.1:${address.port}/mcp` })}\n`);
    }
  });
  const callback = rest.find((argument) => typeof argument === "function");
  return Reflect.apply(listen, this, [{ port: Number(port), host: "127.0.0.1" }, ...(callback === undefined ? [] : [callback])]) as Server;
};
