import { err, ok, type Result } from "../../../../core/result.ts";
import type { FetchFailure } from "../polling-source.ts";
import { brokenOff } from "./failure.ts";
import type { Followed } from "./follow.ts";
import { shownUrl } from "./safe-url.ts";
import { headerOf } from "./transport.ts";

/** The whole body, but never more than `maxBytes`. What is announced larger is not begun. */
export async function readBody({ answer, url }: Followed, maxBytes: number): Promise<Result<Uint8Array, FetchFailure>> {
  const announced = Number(headerOf(answer, "content-length") ?? 0);
  if (announced > maxBytes) {
    answer.body.destroy();
    return tooLarge(url, `${announced} bytes`, maxBytes);
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of answer.body) {
      if (!(chunk instanceof Uint8Array)) continue;
      size += chunk.byteLength;
      if (size > maxBytes) return tooLarge(url, "more", maxBytes);
      chunks.push(chunk);
    }
  } catch (error) {
    return brokenOff(error, url, true);
  }
  return ok(Buffer.concat(chunks));
}

function tooLarge(url: URL, found: string, maxBytes: number): Result<never, FetchFailure> {
  return err({
    code: "source.too_large",
    detail: `"${shownUrl(url)}" answered with ${found}, wanted at most ${maxBytes} bytes`,
    contacted: true,
  });
}
