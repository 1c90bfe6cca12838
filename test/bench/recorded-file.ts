import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startPeer } from "../helpers/peer.ts";

export const report = (line: string) => process.stderr.write(`${line}\n`);

/**
 * Writes what is recorded of a running ml-commons to a file.
 *
 * @param file its path below test/fixtures
 * @param record gets the address, and a folder for models
 */
export async function recordToFile(
	file: string,
	record: (url: string, folder: string) => Promise<unknown>,
): Promise<void> {
	const dataDir = await mkdtemp(join(tmpdir(), "ml-commons-recorded-"));
	const modelDir = await mkdtemp(join(tmpdir(), "recorded-models-"));
	try {
		// OpenSearch runs as another user, who has to read what is in there.
		await chmod(modelDir, 0o755);
		const peer = await startPeer({ dataDir, report });
		try {
			const recorded = await record(peer.url, modelDir);
			const path = join(import.meta.dirname, "../fixtures", file);
			await writeFile(path, `${JSON.stringify(recorded, undefined, "\t")}\n`);
		} finally {
			await peer.stop();
		}
	} finally {
		await rm(dataDir, { recursive: true, force: true });
		await rm(modelDir, { recursive: true, force: true });
	}
}
