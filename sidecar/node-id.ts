import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { ulid } from "ulid";

/** Sidecars that may share a folder. */
const mostIds = 100;

/** How often, and after how many milliseconds, a file is read again that another sidecar has made and not yet written. */
const rereads = { count: 20, ms: 50 };

/**
 * The ids that a sidecar with this folder may have, the same after every restart: made once, each kept in a file
 * there. The first is for the only sidecar of the folder, the others for those that use it at the same time.
 *
 * @param folder is made if it is not there
 */
export async function* nodeIds(folder: string): AsyncGenerator<string> {
	await mkdir(folder, { recursive: true });
	for (let number = 1; number <= mostIds; number++) {
		const id = await readOrMake(
			join(folder, number === 1 ? "node-id" : `node-id-${number}`),
		);
		// One that stays empty was left by a full disk, or by a sidecar that was killed.
		if (id !== "") yield id;
	}
}

async function readOrMake(path: string): Promise<string> {
	try {
		await writeFile(path, ulid().toLowerCase(), { flag: "wx" });
	} catch (error) {
		if (!(error instanceof Error && "code" in error && error.code === "EEXIST"))
			throw error;
	}
	for (let read = 0; read < rereads.count; read++) {
		const id = (await readFile(path, "utf8")).trim();
		if (id !== "") return id;
		await setTimeout(rereads.ms);
	}
	return "";
}
