import { type Disk, nodeDisk, type SegmentFile } from "../../../src/parts/decisions/disk.ts";

type Operation = "write" | "writeNow" | "sync" | "truncate" | "create";

export interface FaultyDisk extends Disk {
  /** From now on these operations fail with the code. `took` bytes are written before a write fails. */
  fail(code: string, operations: readonly Operation[], took?: number): void;
  /** From now on these operations give no answer until `release`; they are carried out then. */
  hang(operations: readonly Operation[]): void;
  release(): void;
  repair(): void;
  /** How often an operation was begun. */
  readonly calls: Record<Operation, number>;
}

/** The real disk with faults in front of it. `atOnce`: it can be written without a thread, and then never hangs in a test. */
export function faultyDisk(options: { readonly atOnce?: boolean } = {}): FaultyDisk {
  let code: string | undefined;
  let took = 0;
  let failing: readonly Operation[] = [];
  let hanging: readonly Operation[] = [];
  let held: (() => void)[] = [];
  const calls: Record<Operation, number> = { write: 0, writeNow: 0, sync: 0, truncate: 0, create: 0 };

  function check(operation: Operation): void {
    if (failing.includes(operation)) throw Object.assign(new Error(`${code}: ${operation}`), { code, syscall: operation });
  }

  async function gate(operation: Operation): Promise<void> {
    calls[operation] += 1;
    if (hanging.includes(operation)) await new Promise<void>((resolve) => held.push(resolve));
    check(operation);
  }

  function writeNow(file: SegmentFile, bytes: Buffer, offset: number, length: number): number {
    calls.writeNow += 1;
    const part = took > 0 && failing.includes("write") ? Math.min(took, length - 1) : 0;
    if (part === 0) check("write");
    took = 0;
    return file.writeNow?.(bytes, offset, part === 0 ? length : part) ?? 0;
  }

  function wrap(file: SegmentFile): SegmentFile {
    return {
      ...(options.atOnce ? { writeNow: (bytes: Buffer, offset: number, length: number) => writeNow(file, bytes, offset, length) } : {}),
      write(bytes, offset, length, done) {
        gate("write").then(
          () => file.write(bytes, offset, length, done),
          (error: Error) => {
            if (took === 0) return done(error, 0);
            const part = Math.min(took, length - 1);
            took = 0;
            file.write(bytes, offset, part, done);
          },
        );
      },
      sync: () => gate("sync").then(() => file.sync()),
      truncate: (length) => gate("truncate").then(() => file.truncate(length)),
      close: () => file.close(),
    };
  }

  return {
    calls,
    create: (path) => gate("create").then(async () => wrap(await nodeDisk.create(path))),
    remove: (path) => nodeDisk.remove(path),
    fail(newCode, operations, bytes = 0) {
      [code, failing, took] = [newCode, operations, bytes];
    },
    hang(operations) {
      hanging = operations;
    },
    release() {
      hanging = [];
      const waiting = held;
      held = [];
      for (const go of waiting) go();
    },
    repair() {
      failing = [];
    },
  };
}
