import { fetchModel } from "../../sidecar/dev/model-artifact.ts";
import { parityConfig, parityModels } from "../helpers/parity-models.ts";
import { peerVersion } from "../helpers/peer.ts";
import { MlClient } from "./ml-client.ts";
import { recordToFile, report } from "./recorded-file.ts";
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

await recordToFile("ml-commons/parity.json", record);
