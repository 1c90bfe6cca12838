import type { Precision } from "../../../sidecar/dev/model-artifact.ts";
import { type BulkIndex, makeBulkIndex } from "./bulk-index.ts";
import { type LoadCall, LoadGenerator } from "./load.ts";
import { predictCalls } from "./predict-calls.ts";
import type { PredictBench } from "./predict-rows.ts";
import { median, percentile } from "./statistics.ts";
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
	/** Of the bulks. */
	bulks: number[];
	/** How long bulks were sent. */
	bulkMs: number;
}

/** How long a query and a GET of a document take while a bulk runs. */
export async function underBulk(
	bench: PredictBench,
	precision: Precision,
): Promise<Row[]> {
	const { servers, texts, plan } = bench;
	const bulkTexts = [
		...interleaved(
			texts.glosses(plan.glosses),
			texts.paragraphs(plan.paragraphs),
		),
	];
	const index = await makeBulkIndex(servers.ours, precision, bulkTexts);
	const calls = predictCalls(
		servers.ours.models,
		precision,
		texts.short(queries),
	);
	const found = await measure(bench, index, calls);
	const documents =
		(found.bulks.length * bulkTexts.length) / index.bulks.length;
	const perSecond = ((documents * 1_000) / found.bulkMs).toFixed(0);
	const p99 = (values: readonly number[]) => percentile(values, 0.99);
	const p50 = (values: readonly number[]) => median(values).toFixed(1);
	return [
		{
			what: `query while a bulk runs, p99 (theirs: alone), ${precision}`,
			unit: "ms",
			ours: p99(found.queries),
			theirs: p99(found.alone),
			bound: { at: "most", limit: 3 },
			note: `p50 ${p50(found.queries)} against ${p50(found.alone)} ms; ${perSecond} documents/s meanwhile`,
		},
		{
			what: `GET of a document while a bulk runs, p99, ${precision}`,
			unit: "ms",
			ours: p99(found.gets),
			bound: { at: "below", limit: 25 },
			note: `p50 ${p50(found.gets)} ms; asked of OpenSearch itself p99 ${p99(found.direct).toFixed(1)} ms`,
		},
	];
}

async function measure(
	{ servers, load, plan }: PredictBench,
	{ bulks, document }: BulkIndex,
	calls: readonly LoadCall[],
): Promise<Latencies> {
	const { url } = servers.ours.contestant;
	const sent = async (options: Parameters<LoadGenerator["run"]>[0]) =>
		(await load.run({ ...options, endless: true })).latencies;
	const query = (mostMs: number) => sent({ url, calls, mostMs });
	const get = (from: string) =>
		sent({ url: from, calls: [document], mostMs: plan.roundMs / 2 });
	const found: Latencies = {
		alone: [],
		queries: [],
		gets: [],
		direct: [],
		bulks: [],
		bulkMs: 0,
	};
	const bulkLoad = await LoadGenerator.start();
	try {
		for (let round = 0; round < plan.rounds; round++) {
			found.alone.push(...(await query(plan.roundMs)));
			const bulk = bulkLoad.begin({
				url,
				calls: bulks,
				clients: bulkClients,
				contentType: "application/x-ndjson",
				mustHold: '"errors":false',
			});
			await query(settlingMs);
			found.queries.push(...(await query(plan.roundMs * 2)));
			found.gets.push(...(await get(url)));
			found.direct.push(...(await get(servers.opensearchUrl)));
			const ended = await bulk.end();
			found.bulks.push(...ended.latencies);
			found.bulkMs += ended.elapsedMs;
		}
	} finally {
		await bulkLoad.end();
	}
	return found;
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
