import { readFileSync } from "node:fs";
import { Server as TlsServer } from "node:tls";
import type { FastifyInstance } from "fastify";
import { messageOf } from "../core/errors.ts";
import type { HttpConfig } from "./config.ts";

const MIN_TLS = "TLSv1.2";

/** Throws where a file cannot be read. */
export function secureContext(files: { readonly cert: string; readonly key: string }) {
  return { cert: readFileSync(files.cert), key: readFileSync(files.key), minVersion: MIN_TLS } as const;
}

/** What became of the files of a certificate; `problem` is told once for each different one. */
export interface CertificateEvents {
  readonly renewed: () => void;
  readonly problem: (detail: string) => void;
}

/**
 * Looks at a listener's certificate and key every so many milliseconds, and serves them anew where they changed; connections
 * that are open keep the old ones. Files that do not fit together, as in the middle of a renewal, change nothing. Files are
 * read instead of watched: links that are swapped, as for mounted secrets, raise no event everywhere. Stop it by what it returns.
 */
export function followCertificate(
  { server }: Pick<FastifyInstance, "server">,
  { tls }: HttpConfig["listen"],
  events: CertificateEvents,
  everyMs: number,
): () => void {
  const listener: unknown = server;
  if (tls === undefined || !(listener instanceof TlsServer)) return () => {};
  let [served, told] = ["", ""];
  const look = () => {
    try {
      const context = secureContext(tls);
      const found = `${context.cert}\n${context.key}`;
      if (found === served) return;
      listener.setSecureContext(context);
      if (served !== "") events.renewed();
      [served, told] = [found, ""];
    } catch (error) {
      const detail = messageOf(error);
      if (detail !== told) events.problem(detail);
      told = detail;
    }
  };
  // What the server began with may have been changed since: it is served once more.
  look();
  const timer = setInterval(look, everyMs).unref();
  return () => clearInterval(timer);
}
