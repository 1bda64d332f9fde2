import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

const files: Readonly<Record<string, string>> = {
  "shared/welcome.txt": "Welcome to the demo company. Everything below shared/ may be read by support.\n",
  "shared/prices.csv": "product,price\nbasic,10\nteam,45\n",
  "finance/forecast.csv": "month,revenue\nnov,120000\ndec,140000\n",
};

/** What the files server shows. */
export async function writeSampleFolder(folder: string): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
}
