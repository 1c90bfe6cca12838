import { createReadStream } from "node:fs";
import type { ModelArtifact } from "../../sidecar/dev/model-artifact.ts";
import { ModelCache } from "../../sidecar/runtime/model-cache.ts";
import type { TextEmbeddingSpec } from "../../sidecar/runtime/model-spec.ts";

/**
 * A sentence model of 384 dimensions as the runtime wants it, with two allocations of one thread; the mean of its tokens
 * is scaled to length 1.
 *
 * @param folder a cache folder, in which it is unpacked
 */
export async function unpackedModel(
	{ zipPath, sha256, sizeBytes }: ModelArtifact,
	folder: string,
): Promise<TextEmbeddingSpec> {
	const cache = new ModelCache({
		folder,
		limits: {
			entries: 100,
			ratio: 100,
			unpackedBytes: 1e9,
			tokenizerBytes: 1e8,
		},
	});
	const open = () => createReadStream(zipPath);
	const files = await cache.ensure({ sha256, sizeBytes, open });
	return {
		...files,
		functionName: "TEXT_EMBEDDING",
		poolingMode: "MEAN",
		normalize: true,
		dimension: 384,
		allocations: 2,
		threadsPerAllocation: 1,
	};
}
