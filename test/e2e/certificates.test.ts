import { mkdtempSync, rmSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { get } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { selfSigned } from "../http/certificate.ts";
import { startGate } from "../support/gate.ts";

test("a running gateway serves a renewed certificate on its doors, the admin door too, without a restart", async () => {
  const folder = mkdtempSync(join(tmpdir(), "toolgate-certificates-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const tls = { cert: join(folder, "cert.pem"), key: join(folder, "key.pem") };
  const write = ({ cert, key }: { readonly cert: string; readonly key: string }) =>
    Promise.all([writeFile(tls.cert, cert), writeFile(tls.key, key)]);
  const [first, second] = [selfSigned("first"), selfSigned("second")];
  await write(first);
  const listen = { host: "127.0.0.1", port: 0, tls };
  const gate = await startGate({ config: { listen, admin: { listen } } });
  onTestFinished(() => gate.stop());
  const status = (url: string, ca: string) =>
    new Promise((resolve) => {
      get(url, { ca, agent: false }, (answer) => resolve(answer.resume().statusCode)).on("error", () => resolve("refused"));
    });
  const doors = [`${gate.url}/healthz`, `${gate.adminUrl}/admin/v1/status`] as const;
  expect(await Promise.all(doors.map((url) => status(url, first.cert)))).toEqual([200, 401]);
  await write(second);
  await expect.poll(() => Promise.all(doors.map((url) => status(url, second.cert))), { timeout: 15_000 }).toEqual([200, 401]);
  expect(await gate.logged(({ msg }) => msg === "a renewed certificate is served")).toMatchObject({ certificate: tls.cert });
  expect(await Promise.all(doors.map((url) => status(url, first.cert)))).toEqual(["refused", "refused"]);
}, 30_000);
