import { connect, type Socket } from "node:net";

/** One HTTP answer with a content length. Bodies of the bench are ASCII. */
export interface HttpAnswer {
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

type Answered = (answer: HttpAnswer | Error) => void;

const HEAD_END = "\r\n\r\n";
const LENGTH = /\r\ncontent-length: *(\d+)/i;

/**
 * A kept-alive connection that carries one request at a time. Written on the socket itself, because what the load costs
 * is taken from the two it compares: a heavier client would make them look alike.
 */
export class Connection {
  readonly #socket: Socket;
  #answered: Answered | undefined;
  #text = "";

  constructor(port: number) {
    this.#socket = connect({ host: "127.0.0.1", port, noDelay: true });
    this.#socket.setEncoding("latin1");
    this.#socket.on("data", (chunk: string) => this.#read(chunk));
    this.#socket.on("error", (error) => this.#settle(error));
    this.#socket.on("close", () => this.#settle(new Error("the connection was closed")));
  }

  send(head: string, body: string, answered: Answered): void {
    this.#answered = answered;
    this.#socket.write(`${head}${body.length}${HEAD_END}${body}`, "latin1");
  }

  ask(head: string, body: string): Promise<HttpAnswer> {
    return new Promise((resolve, reject) => {
      this.send(head, body, (answer) => (answer instanceof Error ? reject(answer) : resolve(answer)));
    });
  }

  close(): void {
    this.#answered = undefined;
    this.#socket.destroy();
  }

  #read(chunk: string): void {
    this.#text = this.#text === "" ? chunk : this.#text + chunk;
    const text = this.#text;
    const end = text.indexOf(HEAD_END);
    if (end === -1) return;
    const head = text.slice(0, end);
    const start = end + HEAD_END.length;
    const length = LENGTH.exec(head)?.[1];
    if (length === undefined) {
      this.#settle(new Error(`an answer without a content length: ${text.slice(0, 300)}`));
      return;
    }
    if (text.length < start + Number(length)) return;
    this.#text = "";
    this.#settle({ status: Number(head.slice(9, 12)), head, body: text.slice(start) });
  }

  #settle(answer: HttpAnswer | Error): void {
    const answered = this.#answered;
    this.#answered = undefined;
    answered?.(answer);
  }
}
