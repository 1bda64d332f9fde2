import ipaddr from "ipaddr.js";
import { z } from "zod";

/** Where a door listens, and who ends TLS for it. */
export function listenSchema(port: number) {
  return z
    .strictObject({
      host: z.string().min(1).default("127.0.0.1").describe("address to listen on"),
      port: z.int().min(0).max(65_535).default(port).describe("port to listen on; 0 takes a free one"),
      tls: z
        .strictObject({
          cert: z.string().min(1).describe("file with the certificate chain, PEM"),
          key: z.string().min(1).describe("file with the private key, PEM"),
        })
        .optional()
        .describe("serve HTTPS with this certificate; a renewed one is served within seconds, without a restart"),
      trusted_proxies: z
        .array(z.string().refine(isNetwork, { error: "wanted an address or a network like 10.0.0.0/8, and not all addresses" }))
        .min(1)
        .optional()
        .describe("networks of the reverse proxies that end TLS in front of the gateway; their X-Forwarded-For is believed"),
    })
    .refine((value) => isLoopback(value.host) || value.tls !== undefined || value.trusted_proxies !== undefined, {
      error: "a listener that is not on loopback needs tls, or trusted_proxies in front of it: bearer tokens would travel in clear",
      path: ["host"],
    });
}

export const hostname = z.string().regex(/^(?:[a-z0-9-]+(?:\.[a-z0-9-]+)*|\[[0-9a-f:]+\])$/, {
  error: "wanted a host name in lower case without a port, or an IPv6 address in brackets",
});

/** Whether a listen address can be reached from this host only. */
export function isLoopback(host: string): boolean {
  if (host === "localhost") return true;
  const bare = host.replace(/^\[|\]$/g, "");
  return ipaddr.isValid(bare) && ipaddr.process(bare).range() === "loopback";
}

function isNetwork(text: string): boolean {
  if (ipaddr.isValid(text)) return true;
  return ipaddr.isValidCIDR(text) && ipaddr.parseCIDR(text)[1] > 0;
}
