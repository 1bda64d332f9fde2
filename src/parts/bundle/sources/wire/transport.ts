import { readFile } from "node:fs/promises";
import { rootCertificates } from "node:tls";
import { Agent, type Dispatcher } from "undici";

/** Paths of PEM files. They are read for every try, so that a certificate that was renewed counts at once. */
export interface TlsFiles {
  /** Authorities that count for the place itself, in the stead of the usual ones. */
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

export interface Outgoing {
  readonly method: "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

export interface Answer {
  readonly status: number;
  readonly headers: Dispatcher.ResponseData["headers"];
  readonly body: Dispatcher.ResponseData["body"];
}

/** Something on this side is not there, so that nothing was sent. */
export class TransportFault extends Error {}

interface Material {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/**
 * Connections to one place, and to where it redirects. No redirect is followed here, no proxy of the environment used; the
 * client certificate is shown to the place itself only.
 */
export class Transport {
  readonly #origin: string;
  readonly #files: TlsFiles;
  readonly #connectTimeoutMs: number;
  #material = "";
  #home: Agent | undefined;
  #away: Agent | undefined;

  constructor(origin: string, files: TlsFiles, connectTimeoutMs: number) {
    this.#origin = origin;
    this.#files = files;
    this.#connectTimeoutMs = connectTimeoutMs;
  }

  isHome(url: URL): boolean {
    return url.origin === this.#origin;
  }

  /** Throws what undici throws, or a `TransportFault`. Whoever asks reads the body or destroys it. */
  async send({ method, url, headers, body }: Outgoing, signal: AbortSignal): Promise<Answer> {
    const agent = await this.#agentFor(url);
    const path = `${url.pathname}${url.search}`;
    const sent = { origin: url.origin, path, method, headers: { "accept-encoding": "identity", ...headers }, signal };
    const { statusCode, headers: told, body: content } = await agent.request(body === undefined ? sent : { ...sent, body });
    // Whoever wants the content hears of its end too; a body that nobody reads must not end the process.
    content.on("error", () => {});
    return { status: statusCode, headers: told, body: content };
  }

  async close(): Promise<void> {
    await Promise.all([this.#home?.destroy(), this.#away?.destroy()]);
  }

  async #agentFor(url: URL): Promise<Agent> {
    const material = await readMaterial(this.#files);
    const text = JSON.stringify(material);
    if (text !== this.#material) {
      // What is under way on the old ones ends first.
      void this.#home?.close();
      void this.#away?.close();
      this.#home = undefined;
      this.#away = undefined;
      this.#material = text;
    }
    if (this.isHome(url)) {
      this.#home ??= this.#agent(material);
      return this.#home;
    }
    this.#away ??= this.#agent(material.ca === undefined ? {} : { ca: [...rootCertificates, material.ca] });
    return this.#away;
  }

  #agent(tls: { readonly ca?: string | string[]; readonly cert?: string; readonly key?: string }): Agent {
    return new Agent({
      connections: 4,
      pipelining: 1,
      allowH2: false,
      // Each try has its own deadline.
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: { timeout: this.#connectTimeoutMs, ...tls },
    });
  }
}

async function readMaterial(files: TlsFiles): Promise<Material> {
  const material: { ca?: string; cert?: string; key?: string } = {};
  for (const member of ["ca", "cert", "key"] as const) {
    const path = files[member];
    if (path === undefined) continue;
    try {
      material[member] = await readFile(path, "utf8");
    } catch {
      throw new TransportFault(`"${path}" cannot be read`);
    }
  }
  return material;
}

/** One header; the first of its values. */
export function headerOf(answer: Pick<Answer, "headers">, name: string): string | undefined {
  const value = answer.headers[name];
  return Array.isArray(value) ? value[0] : value;
}
