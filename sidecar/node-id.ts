import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ulid } from "ulid";

const fileName = "node-id";

/**
 * This sidecar's id, the same after every restart with the same folder: made once, kept in a file there.
 *
 * @param folder is made if it is not there
 */
export async function readNodeId(folder: string): Promise<string> {
	const path = join(folder, fileName);
	await mkdir(folder, { recursive: true });
	try {
		await writeFile(path, ulid().toLowerCase(), { flag: "wx" });
	} catch (error) {
		if (!(error instanceof Error && "code" in error && error.code === "EEXIST"))
			throw error;
	}
	return (await readFile(path, "utf8")).trim();
}
