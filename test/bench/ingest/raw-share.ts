import type { Precision } from "../../../sidecar/dev/model-artifact.ts";
import { TextTokenizer } from "../../../sidecar/runtime/tokenizer.ts";
import type { Ending } from "../ending.ts";
import { alone, type Batching, batchings } from "../runtime/batchings.ts";
import { benchMiniLm } from "../runtime/bench-models.ts";
import { RawLimit } from "../runtime/raw-limit.ts";
import { median } from "../runtime/statistics.ts";
import type { Row } from "../runtime/table.ts";
import type { BenchTexts } from "../runtime/texts.ts";
import { embeddingRate } from "./bulk-load.ts";
import { type IngestBench, pipelineName } from "./ingest-bench.ts";
import { type Workload, workloads } from "./plan.ts";

/**
 * The sidecar's settings for it: models have as many processors as the raw limit has threads, and the same texts are
 * embedded in every round.
 */
export const rawShareSettings = {
	SIDECAR_PROCESSORS: "2",
	SIDECAR_RESULT_CACHE_BYTES: "0",
};

export interface RawShareOptions {
	texts: BenchTexts;
	ending: Ending;
}

/** What of the speed of ONNX Runtime alone, with two threads, reaches the index. */
export async function rawShare(
	bench: IngestBench,
	precision: Precision,
	options: RawShareOptions,
): Promise<Row[]> {
	const { texts, ending } = options;
	const { plan, report } = bench;
	const spec = await benchMiniLm(precision, { ending, report });
	const raw = await RawLimit.start(spec.modelPath);
	ending.add(() => raw.end());
	// The window is the tokenizer's own, as it is where a model is registered without one.
	const tokenizer = await TextTokenizer.fromFile(spec.tokenizerPath);
	const written = {
		glosses: texts.glosses(plan.shared.glosses),
		paragraphs: texts.paragraphs(plan.shared.paragraphs),
	};
	const rows: Row[] = [];
	for (const workload of workloads) {
		const tokens = await Promise.all(
			written[workload].map(async (text) => (await tokenizer.encode(text)).ids),
		);
		const sent = { workload, texts: written[workload], tokens, raw };
		rows.push(await compare(bench, precision, sent));
	}
	await raw.end();
	return rows;
}

interface Sent {
	workload: Workload;
	texts: readonly string[];
	/** Of each text, its ids. */
	tokens: readonly Int32Array[];
	raw: RawLimit;
}

async function compare(
	bench: IngestBench,
	precision: Precision,
	{ workload, texts, tokens, raw }: Sent,
): Promise<Row> {
	const { servers, rest, plan } = bench;
	const batching = await bestExact(raw, tokens);
	const ours: number[] = [];
	const theirs: number[] = [];
	for (let round = 0; round < plan.fewRounds; round++) {
		ours.push(
			await embeddingRate(bench, {
				url: servers.ours.contestant.url,
				pipeline: pipelineName(precision),
				texts,
			}),
		);
		await rest.wait();
		theirs.push((texts.length * 1_000) / (await raw.time(tokens, batching)));
	}
	return {
		what: `_bulk of ${workload} with two processors for models (theirs: ONNX Runtime alone, two threads), ${precision}`,
		unit: "documents/s",
		ours: median(ours),
		theirs: median(theirs),
		bound: { at: "least", limit: 0.8 },
		note: `raw: ${batching.name}, the best with the same bits as alone`,
	};
}

/** The fastest way to bring texts together in which each has the same bits as alone. */
async function bestExact(
	raw: RawLimit,
	tokens: readonly Int32Array[],
): Promise<Batching> {
	let best = alone;
	let leastMs = await raw.time(tokens, alone);
	for (const batching of batchings) {
		if (batching === alone) continue;
		const elapsed = await raw.time(tokens, batching, leastMs);
		if (elapsed >= leastMs) continue;
		if (!(await raw.keepsBits(tokens, batching))) continue;
		best = batching;
		leastMs = elapsed;
	}
	return best;
}
