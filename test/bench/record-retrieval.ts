import { fetchMiniLm } from "../../sidecar/dev/model-artifact.ts";
import {
	fingerprintOf,
	labelledGlosses,
	textsOf,
} from "../helpers/labelled-glosses.ts";
import { packedVector } from "../helpers/packed-vectors.ts";
import { peerVersion } from "../helpers/peer.ts";
import { MlClient } from "./ml-client.ts";
import { recordToFile, report } from "./recorded-file.ts";

/** Records the vectors that ml-commons makes of the labelled glosses. */
async function record(url: string): Promise<unknown> {
	const client = new MlClient(url);
	const id = await client.deploy(
		await fetchMiniLm({ precision: "fp32", report }),
	);
	const texts = textsOf(await labelledGlosses());
	const vectors: string[] = [];
	for (const text of texts) {
		const vector = await client.vector(id, text);
		if (!Array.isArray(vector)) throw new Error("a vector that is no list");
		vectors.push(packedVector(vector.map(Number)));
	}
	report(`Recorded ${vectors.length} vectors.`);
	return {
		source: `ml-commons ${peerVersion}`,
		texts: fingerprintOf(texts),
		vectors,
	};
}

await recordToFile("ml-commons/retrieval.json", record);
