// Preloaded into real servers that would listen on every interface: keeps them on 127.0.0.1 and tells the port they got.
import { Server } from "node:net";

const listen = Server.prototype.listen;
Server.prototype.listen = function (port, ...rest) {
  if (typeof port === "object" || Number.isNaN(Number(port))) return listen.call(this, port, ...rest);
  const callback = rest.find((item) => typeof item === "function");
  this.once("listening", () => process.stderr.write(`listening on ${this.address().port}\n`));
  return listen.call(this, Number(port), "127.0.0.1", callback);
};
