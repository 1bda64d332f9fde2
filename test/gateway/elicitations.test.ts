import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createElicitations } from "../../src/gateway/elicitations.ts";
import { Elicitations } from "../../src/parts/upstream/elicitations.ts";

const LIFETIME = 60_000;

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** One server, and sessions that note down what they are told. */
function site() {
  const server = new Elicitations();
  const heard: string[] = [];
  const elicitations = createElicitations(LIFETIME);
  const connection = { server: { id: "crm" }, followElicitation: (id: string, onDone: () => void) => server.follow(id, onDone) };
  const show = (session: string, elicitationId: string, owner = "ann") =>
    elicitations.follow({ session, owner, elicitationId, connection, tell: (id) => heard.push(`${session} ${id}`) });
  return { server, heard, show };
}

describe("an elicitation that a client was shown", () => {
  it("is told of once, to the session that was shown it, however often it was shown", () => {
    const { server, heard, show } = site();
    show("one", "e");
    show("one", "e");
    server.done("e");
    server.done("e");
    expect(heard).toEqual(["one e"]);
  });

  it("is forgotten after the time that a question lives, and when what showed it is taken back", () => {
    const { server, heard, show } = site();
    show("one", "late");
    show("one", "back")();
    vi.advanceTimersByTime(LIFETIME);
    server.done("late");
    server.done("back");
    expect(heard).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("is forgotten, the oldest first, where a principal was shown too many, and no other principal's", () => {
    const { server, heard, show } = site();
    show("other", "e0", "bob");
    for (let n = 0; n < 65; n++) show(`s${n % 3}`, `e${n}`);
    expect(vi.getTimerCount()).toBe(65);
    server.done("e0");
    server.done("e1");
    server.done("e64");
    expect(heard).toEqual(["other e0", "s1 e1", "s1 e64"]);
  });

  it("is bounded over all principals", () => {
    const { server, heard, show } = site();
    for (let n = 0; n <= 4_096; n++) show("s", `e${n}`, `owner ${n}`);
    expect(vi.getTimerCount()).toBe(4_096);
    server.done("e0");
    server.done("e1");
    expect(heard).toEqual(["s e1"]);
  });
});
