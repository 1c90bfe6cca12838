import { performance } from "node:perf_hooks";
import pLimit from "p-limit";
import type { Precision } from "../../../sidecar/dev/model-artifact.ts";
import type { LoadedModel } from "../../../sidecar/runtime/model-spec.ts";
import { TextTokenizer } from "../../../sidecar/runtime/tokenizer.ts";
import type { Ending } from "../ending.ts";
import { alone, type Batching, batchings } from "./batchings.ts";
import { benchMiniLm, benchRuntime } from "./bench-models.ts";
import { RawLimit } from "./raw-limit.ts";
import { median } from "./statistics.ts";
import type { Row } from "./table.ts";
import { until } from "./until.ts";

/** Texts of a call, as a bulk hands them over, and calls at a time. */
const sliceTexts = 64;
const slicesAhead = 8;

/** A batching that takes so many times as long as another one is not measured to its end, and shown as 0. */
const hopeless = 2;

export interface BulkLimitOptions {
	rounds: number;
	glosses: readonly string[];
	paragraphs: readonly string[];
	ending: Ending;
	report: (line: string) => void;
}

/** Tokens a second in the ingest lane, with two allocations, against the raw limit of two threads. */
export async function bulkLimit(
	precision: Precision,
	options: BulkLimitOptions,
): Promise<Row[]> {
	const { glosses, paragraphs, ending } = options;
	const spec = await benchMiniLm(precision, options);
	const runtime = benchRuntime(ending);
	const model = await runtime.load(`bulk-${precision}`, spec);
	await until(async () => model.stats().allocations === spec.allocations);
	const raw = await RawLimit.start(spec.modelPath);
	ending.add(() => raw.end());
	const tokenizer = await TextTokenizer.fromFile(
		spec.tokenizerPath,
		spec.maxLength,
	);
	const rows: Row[] = [];
	for (const workload of [
		{ name: "glosses", texts: glosses },
		{ name: "paragraphs", texts: paragraphs },
	]) {
		const tokens = await Promise.all(
			workload.texts.map(async (text) => (await tokenizer.encode(text)).ids),
		);
		const name = `bulk of ${workload.name}, ${precision}`;
		rows.push(
			await compare({ ...options, ...workload, name, tokens, model, raw }),
		);
	}
	await Promise.all([runtime.close(), raw.end()]);
	return rows;
}

interface Comparison extends BulkLimitOptions {
	name: string;
	texts: readonly string[];
	/** Of each text, its ids. */
	tokens: readonly Int32Array[];
	model: LoadedModel;
	raw: RawLimit;
}

/** The first round tries every batching; those after it the best two, and the best one that keeps the bits. */
async function compare(comparison: Comparison): Promise<Row> {
	const { name, texts, tokens, model, raw, rounds, report } = comparison;
	const total = tokens.reduce((sum, { length }) => sum + length, 0);
	const perSecond = (ms: number) => (total * 1000) / ms;
	await embedAll(model, texts.slice(0, sliceTexts));
	const already = model.stats().tokens;
	const ours = [await embedAll(model, texts)];
	const run = model.stats().tokens - already;
	if (run !== total) throw new Error(`${run} tokens were run, not ${total}`);
	const tried = new Map<Batching, number[]>();
	const exact: Batching[] = [];
	let mostMs: number | undefined;
	for (const batching of batchings) {
		const elapsed = await raw.time(tokens, batching, mostMs);
		tried.set(batching, [elapsed]);
		mostMs = Math.min(mostMs ?? elapsed * hopeless, elapsed * hopeless);
		const isTimed = Number.isFinite(elapsed);
		if (isTimed && (await raw.keepsBits(tokens, batching)))
			exact.push(batching);
	}
	const finalists = [
		...fastest(tried, batchings).slice(0, 2),
		...fastest(tried, exact).slice(0, 1),
	];
	for (let round = 1; round < rounds; round++) {
		ours.push(await embedAll(model, texts));
		for (const batching of new Set(finalists))
			tried.get(batching)?.push(await raw.time(tokens, batching));
	}
	const [best = alone] = fastest(tried, finalists);
	const [bestExact = alone] = fastest(
		tried,
		finalists.filter((batching) => exact.includes(batching)),
	);
	const speed = (batching: Batching) =>
		perSecond(median(tried.get(batching) ?? []));
	for (const batching of batchings)
		report(`${name}, raw, ${batching.name}: ${speed(batching).toFixed(0)}`);
	return {
		what: `${name} (${texts.length} texts, ${total} tokens)`,
		unit: "tokens/s",
		ours: perSecond(median(ours)),
		theirs: speed(best),
		bound: { at: "least", limit: 0.9 },
		note: `raw: ${best.name}; of those with the same bits as alone: ${bestExact.name}, ${speed(bestExact).toFixed(0)}`,
	};
}

/** By their medians, the fastest first. */
function fastest(
	tried: ReadonlyMap<Batching, readonly number[]>,
	of: readonly Batching[],
): Batching[] {
	const time = (batching: Batching) => median(tried.get(batching) ?? []);
	return [...of].sort((a, b) => time(a) - time(b));
}

/** @returns milliseconds */
async function embedAll(
	model: LoadedModel,
	texts: readonly string[],
): Promise<number> {
	const limit = pLimit(slicesAhead);
	const count = Math.ceil(texts.length / sliceTexts);
	const slices = Array.from({ length: count }, (_, i) =>
		texts.slice(i * sliceTexts, (i + 1) * sliceTexts),
	);
	const start = performance.now();
	const results = await limit.map(slices, (slice) =>
		model.run(slice, { lane: "ingest", whenFull: "wait" }),
	);
	const elapsed = performance.now() - start;
	if (results.flat().length !== texts.length) throw new Error("texts are lost");
	return elapsed;
}
