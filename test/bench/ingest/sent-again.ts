import type { Precision } from "../../../sidecar/dev/model-artifact.ts";
import { median } from "../runtime/statistics.ts";
import type { Row } from "../runtime/table.ts";
import { type BulkDocument, bulkCalls } from "./bulk-calls.ts";
import { bulkTerms, documentRate } from "./bulk-load.ts";
import { type IngestBench, pipelineName } from "./ingest-bench.ts";
import { bulkDocuments } from "./plan.ts";
import { VectorIndex } from "./vector-index.ts";

/** Documents a second, the first time and the second. */
interface Twice {
	first: number;
	second: number;
}

/** The very same bulks twice in a row, with ids: the second time every document is written over. */
export async function sentAgain(
	bench: IngestBench,
	precision: Precision,
): Promise<Row[]> {
	const first: number[] = [];
	const second: number[] = [];
	const withVectors: number[] = [];
	for (let round = 0; round < bench.plan.fewRounds; round++) {
		const { embedded, already } = await sendBoth(bench, precision);
		first.push(embedded.first);
		second.push(embedded.second);
		withVectors.push(already.second);
	}
	return [
		{
			what: `the same bulks of glosses again (theirs: the first time), ${precision}`,
			unit: "documents/s",
			ours: median(second),
			theirs: median(first),
			bound: { at: "least", limit: 5 },
			note: `documents with ids, which are written over; OpenSearch itself: ${median(withVectors).toFixed(0)}, where they bring their vectors`,
		},
	];
}

/** Through the sidecar, and straight to OpenSearch with the vectors that came of it. */
async function sendBoth(
	bench: IngestBench,
	precision: Precision,
): Promise<{ embedded: Twice; already: Twice }> {
	const { servers, plan, unused } = bench;
	const { url } = servers.ours.contestant;
	const { opensearchUrl } = servers;
	const texts = unused[precision].glosses.take(plan.written.glosses);
	const documents = texts.map((text, id) => ({
		id: String(id),
		source: { text },
	}));
	const sent = await VectorIndex.use(
		url,
		pipelineName(precision),
		async (index) => ({
			embedded: await sendTwice(bench, { url, index, documents }),
			made: await index.documents(documents.length),
		}),
	);
	const already = await VectorIndex.use(opensearchUrl, undefined, (index) =>
		sendTwice(bench, { url: opensearchUrl, index, documents: sent.made }),
	);
	return { embedded: sent.embedded, already };
}

async function sendTwice(
	{ load, rest }: IngestBench,
	{
		url,
		index,
		documents,
	}: { url: string; index: VectorIndex; documents: readonly BulkDocument[] },
): Promise<Twice> {
	const calls = bulkCalls(index.name, documents, bulkDocuments);
	const send = async () => {
		await rest.wait();
		const result = await load.run({ url, calls, ...bulkTerms });
		await index.requireVectors(documents.length);
		return documentRate(documents.length, result);
	};
	return { first: await send(), second: await send() };
}
