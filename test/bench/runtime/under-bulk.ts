import type { Precision } from "../../../sidecar/dev/model-artifact.ts";
import { makeBulkIndex } from "./bulk-index.ts";
import { LoadGenerator } from "./load.ts";
import { predictCalls } from "./predict-calls.ts";
import type { PredictBench } from "./predict-rows.ts";
import { percentile } from "./statistics.ts";
import type { Row } from "./table.ts";

/** Clients that send bulks, each the next one as soon as the last one is answered. */
const bulkClients = 2;

/** Different queries; they are begun again only when all have been asked. */
const queries = 8_000;

/** A bulk is at full speed when it has gone on for so long; what is asked meanwhile does not count. */
const settlingMs = 1_000;

/** Of each request, milliseconds. */
interface Latencies {
	/** Queries while no bulk runs. */
	alone: number[];
	/** Queries while one runs, and what follows likewise. */
	queries: number[];
	/** A document asked of the sidecar. */
	gets: number[];
	/** The same asked of OpenSearch itself. */
	direct: number[];
}

/** How long a query and a GET of a document take while a bulk runs. */
export async function underBulk(
	{ servers, load, texts, plan }: PredictBench,
	precision: Precision,
): Promise<Row[]> {
	const { ours, opensearchUrl } = servers;
	const { url } = ours.contestant;
	const bulkTexts = [
		...interleaved(
			texts.glosses(plan.glosses),
			texts.paragraphs(plan.paragraphs),
		),
	];
	const { bulks, document } = await makeBulkIndex(ours, precision, bulkTexts);
	const latencies: Latencies = { alone: [], queries: [], gets: [], direct: [] };
	const { roundMs } = plan;
	const calls = predictCalls(ours.models, precision, texts.short(queries));
	const query = (mostMs: number) =>
		load.run({ url, calls, endless: true, mostMs });
	const get = (from: string) =>
		load.run({
			url: from,
			calls: [document],
			endless: true,
			mostMs: roundMs / 2,
		});
	const bulkLoad = await LoadGenerator.start();
	let answered = 0;
	let bulkMs = 0;
	try {
		for (let round = 0; round < plan.rounds; round++) {
			latencies.alone.push(...(await query(roundMs)).latencies);
			const bulk = bulkLoad.begin({
				url,
				calls: bulks,
				clients: bulkClients,
				contentType: "application/x-ndjson",
				mustHold: '"errors":false',
			});
			await query(settlingMs);
			latencies.queries.push(...(await query(roundMs * 2)).latencies);
			latencies.gets.push(...(await get(url)).latencies);
			latencies.direct.push(...(await get(opensearchUrl)).latencies);
			const ended = await bulk.end();
			answered += ended.latencies.length;
			bulkMs += ended.elapsedMs;
		}
	} finally {
		await bulkLoad.end();
	}
	const p99 = (values: readonly number[]) => percentile(values, 0.99);
	const p50 = (values: readonly number[]) => percentile(values, 0.5).toFixed(1);
	const documents = (answered * bulkTexts.length) / bulks.length;
	const perSecond = ((documents * 1_000) / bulkMs).toFixed(0);
	return [
		{
			what: `query while a bulk runs, p99 (theirs: alone), ${precision}`,
			unit: "ms",
			ours: p99(latencies.queries),
			theirs: p99(latencies.alone),
			bound: { at: "most", limit: 3 },
			note: `p50 ${p50(latencies.queries)} against ${p50(latencies.alone)} ms; ${perSecond} documents/s meanwhile`,
		},
		{
			what: `GET of a document while a bulk runs, p99, ${precision}`,
			unit: "ms",
			ours: p99(latencies.gets),
			bound: { at: "below", limit: 25 },
			note: `p50 ${p50(latencies.gets)} ms; asked of OpenSearch itself p99 ${p99(latencies.direct).toFixed(1)} ms`,
		},
	];
}

/** The fewer ones spread evenly between the others. */
function* interleaved(
	many: readonly string[],
	few: readonly string[],
): Generator<string> {
	const step = Math.ceil(many.length / Math.max(1, few.length));
	let next = 0;
	for (const [number, text] of many.entries()) {
		yield text;
		const other = few[next];
		if ((number + 1) % step === 0 && other !== undefined) {
			yield other;
			next++;
		}
	}
	yield* few.slice(next);
}
