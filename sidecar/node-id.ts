import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ulid } from "ulid";

/** Sidecars that may share a folder. */
const mostIds = 100;

/**
 * The ids that a sidecar with this folder may have, the same after every restart: made once, each kept in a file
 * there. The first is for the only sidecar of the folder, the others for those that use it at the same time.
 *
 * @param folder is made if it is not there
 */
export async function* nodeIds(folder: string): AsyncGenerator<string> {
	await mkdir(folder, { recursive: true });
	for (let number = 1; number <= mostIds; number++)
		yield readOrMake(
			join(folder, number === 1 ? "node-id" : `node-id-${number}`),
		);
}

async function readOrMake(path: string): Promise<string> {
	try {
		await writeFile(path, ulid().toLowerCase(), { flag: "wx" });
	} catch (error) {
		if (!(error instanceof Error && "code" in error && error.code === "EEXIST"))
			throw error;
	}
	return (await readFile(path, "utf8")).trim();
}
