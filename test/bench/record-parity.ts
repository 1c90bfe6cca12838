import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fetchModel } from "../../sidecar/dev/model-artifact.ts";
import { parityConfig, parityModels } from "../helpers/parity-models.ts";
import { peerVersion, startPeer } from "../helpers/peer.ts";
import { MlClient } from "./ml-client.ts";
import { recordedTexts } from "./recorded-texts.ts";

/**
 * Records the vectors that ml-commons makes of the recorded texts with every model whose parity is tested.
 * They are little-endian float32 as base64: in decimals they would be more than twice as long.
 */
async function record(url: string): Promise<unknown> {
	const client = new MlClient(url);
	const models = [];
	for (const wanted of parityModels) {
		const { model, precision, prefixes } = wanted;
		const archive = await fetchModel(model, { precision, report });
		const id = await client.deploy(archive, parityConfig(wanted));
		for (const { contentType } of prefixes) {
			const parameters =
				contentType === "none" ? undefined : { content_type: contentType };
			const vectors: string[] = [];
			for (const { text } of recordedTexts)
				vectors.push(packed(await client.vector(id, text, parameters)));
			const { sha256 } = archive;
			models.push({ model, precision, sha256, contentType, vectors });
		}
		report(`Recorded the vectors of ${model} (${precision}).`);
	}
	return { source: `ml-commons ${peerVersion}`, texts: recordedTexts, models };
}

function packed(vector: unknown): string {
	if (!Array.isArray(vector)) throw new Error("a vector that is no list");
	return Buffer.from(Float32Array.from(vector, Number).buffer).toString(
		"base64",
	);
}

const report = (line: string) => process.stderr.write(`${line}\n`);
const dataDir = await mkdtemp(join(tmpdir(), "ml-commons-parity-"));
try {
	const peer = await startPeer({ dataDir, report });
	try {
		const file = join(
			import.meta.dirname,
			"../fixtures/ml-commons/parity.json",
		);
		const recorded = await record(peer.url);
		await writeFile(file, `${JSON.stringify(recorded, undefined, "\t")}\n`);
	} finally {
		await peer.stop();
	}
} finally {
	await rm(dataDir, { recursive: true, force: true });
}
