import type { Precision } from "../../../sidecar/dev/model-artifact.ts";
import { median } from "../runtime/statistics.ts";
import { embeddingRate } from "./bulk-load.ts";
import type { IngestBench } from "./ingest-bench.ts";
import type { Workload } from "./plan.ts";
import { putPipeline } from "./vector-index.ts";

/** What is tried as the processor's `batch_size`: OpenSearch's default, some, and the whole bulk. */
const sizes = [1, 8, 64];

/** ml-commons' pipeline with the batch size that it is fastest with. */
export interface BestBatchSize {
	pipeline: string;
	/** All that were tried, documents a second. */
	note: string;
}

/** Tries ml-commons' batch sizes; each has a turn early and a late one, as code that ran more often is faster. */
export async function bestBatchSize(
	bench: IngestBench,
	precision: Precision,
	{ workload, texts }: { workload: Workload; texts: readonly string[] },
): Promise<BestBatchSize> {
	const { contestant, models } = bench.servers.theirs;
	const { url } = contestant;
	const named = (size: number) => `bench-${precision}-${workload}-${size}`;
	for (const batchSize of sizes)
		await putPipeline(url, named(batchSize), {
			modelId: models[precision],
			batchSize,
		});
	const rate = (size: number) =>
		embeddingRate(bench, { url, pipeline: named(size), texts });
	await rate(1);
	const rates = new Map<number, number[]>(sizes.map((size) => [size, []]));
	for (const size of [...sizes, ...sizes.toReversed()])
		rates.get(size)?.push(await rate(size));
	const speeds = sizes.map((size) => ({
		size,
		speed: median(rates.get(size) ?? []),
	}));
	const [best] = speeds.toSorted((a, b) => b.speed - a.speed);
	if (best === undefined) throw new Error("no batch size was tried");
	const shown = speeds.map(({ size, speed }) => `${size}: ${speed.toFixed(0)}`);
	return {
		pipeline: named(best.size),
		note: `ml-commons with batch_size ${best.size} (in a short trial ${shown.join(", ")})`,
	};
}
