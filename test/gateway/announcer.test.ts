import { expect, it } from "vitest";
import { createAnnouncer } from "../../src/gateway/announcer.ts";
import { silentLogger } from "../../src/platform/logger.ts";

it("tells everybody else although one who listens fails", () => {
  const failures: unknown[] = [];
  const announcer = createAnnouncer<number>({ ...silentLogger, error: (fields) => failures.push(fields) });
  const heard: number[] = [];
  announcer.listen(() => {
    throw new Error("a bug");
  });
  const stop = announcer.listen((news) => heard.push(news));
  announcer.tell(1);
  stop();
  announcer.tell(2);
  expect(heard).toEqual([1]);
  expect(failures).toHaveLength(2);
});
