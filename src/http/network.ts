import { TLSSocket } from "node:tls";
import type { FastifyRequest } from "fastify";
import type { Network } from "../gateway/index.ts";

/** Where a request came from. */
export function networkOf(request: FastifyRequest): Network {
  const { socket } = request.raw;
  return { ip: request.ip, mtls: socket instanceof TLSSocket && socket.authorized };
}
