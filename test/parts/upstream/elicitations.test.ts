import { describe, expect, it } from "vitest";
import { recordingStdio, startRecordingServer } from "../../support/servers/index.ts";
import { call, closing, harness, overHttp, overStdio } from "./harness.ts";

// A server with sessions says that an elicitation is done: whoever follows it hears so, once.

const complete = (elicitationId: unknown) => ({ jsonrpc: "2.0", method: "notifications/elicitation/complete", params: { elicitationId } });

describe("that an elicitation is done", () => {
  it("is heard on a server's own stream, once, by those who follow exactly that one", async () => {
    const crm = closing(await startRecordingServer({ listChanged: true }));
    const { upstream, when, changed } = harness();
    const connection = upstream.connect(overHttp(crm.url, "session", { asks: ["elicitation"] }));
    await connection.listing();
    await crm.when(() => crm.streams.size > 0);
    const heard: string[] = [];
    connection.followElicitation("a", () => heard.push("a"));
    connection.followElicitation("b", () => heard.push("b"));
    const stop = connection.followElicitation("c", () => heard.push("c"));
    stop();
    stop();
    for (const id of ["c", "d", 7, undefined, "a", "a"]) crm.push(complete(id));
    crm.setTools([]);
    await when(() => changed.length > 1);
    expect(heard).toEqual(["a"]);
  });

  it("is heard on the stream of a call", async () => {
    const before = [complete("a"), complete("a")];
    const crm = closing(await startRecordingServer({ answers: { echo: { kind: "stream", before } } }));
    const connection = harness().upstream.connect(overHttp(crm.url, "session"));
    let heard = 0;
    connection.followElicitation("a", () => heard++);
    expect((await connection.call(call())).ok).toBe(true);
    expect(heard).toBe(1);
  });

  it("is heard from a process", async () => {
    const crm = closing(recordingStdio({ answers: { echo: { kind: "stream", before: [complete("a")] } } }));
    const connection = harness({ places: { process: crm.place } }).upstream.connect(overStdio(crm, "session"));
    let heard = 0;
    connection.followElicitation("a", () => heard++);
    expect((await connection.call(call())).ok).toBe(true);
    expect(heard).toBe(1);
  });

  it("is heard from another server by nobody, nor from one of the stateless era, which has no such message", async () => {
    const before = [complete("a")];
    const [crm, other, stateless] = [
      closing(await startRecordingServer({})),
      closing(await startRecordingServer({ answers: { echo: { kind: "stream", before } } })),
      closing(await startRecordingServer({ era: "stateless", answers: { echo: { kind: "stream", before } } })),
    ];
    const { upstream } = harness();
    let heard = 0;
    for (const [url, era] of [
      [crm.url, "session"],
      [stateless.url, "stateless"],
    ] as const)
      upstream.connect(overHttp(url, era)).followElicitation("a", () => heard++);
    for (const [url, era] of [
      [other.url, "session"],
      [stateless.url, "stateless"],
    ] as const)
      expect((await upstream.connect(overHttp(url, era)).call(call())).ok).toBe(true);
    expect(heard).toBe(0);
  });
});
