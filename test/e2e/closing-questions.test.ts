import { expect, test } from "vitest";
import { startGate } from "../support/gate.ts";
import { nameQuestion } from "../support/servers/index.ts";
import { servers, wholeCompany, wholeServers } from "./whole-company.ts";

// What a client of a session is told when the gateway stops while somebody is being asked, and what the record says of it.

test.each(servers)(
  "a call whose question at %s is open when the gateway stops ends with an answer that its record agrees with",
  async (door) => {
    const gate = await startGate({ company: wholeCompany, servers: wholeServers });
    try {
      gate.servers[door]?.answer("echo", { kind: "ask", questions: { q: nameQuestion } });
      const restarted = Promise.withResolvers<void>();
      const answer = await gate.client.ask(
        "tools/call",
        { name: "echo", arguments: {} },
        {
          token: await gate.token(),
          door,
          capabilities: { elicitation: {} },
          answers: () => {
            gate.restart().then(restarted.resolve, restarted.reject);
            // The person never answers.
            return new Promise(() => {});
          },
        },
      );
      await restarted.promise;
      expect(answer.events).toContainEqual(expect.objectContaining({ method: "notifications/cancelled" }));
      expect(answer.message, answer.text).toMatchObject({ jsonrpc: "2.0", result: {} });
      const refused = answer.message?.result?.isError === true;
      const calls = (await gate.records()).filter(
        ({ kind, method }) => method === "tools/call" && (kind === "outcome" || kind === "refusal"),
      );
      expect(calls, answer.text).toHaveLength(1);
      expect(refused).toBe(calls[0]?.effect !== "allow");
    } finally {
      await gate.stop();
    }
  },
);
