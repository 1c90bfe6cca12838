import { Contestant } from "../contestant.ts";
import { type Both, inTurn } from "../runtime/predict-calls.ts";
import { median } from "../runtime/statistics.ts";
import type { Row } from "../runtime/table.ts";
import type { BenchTexts } from "../runtime/texts.ts";
import { bulkCalls } from "./bulk-calls.ts";
import { bulkTerms, documentRate } from "./bulk-load.ts";
import type { IngestBench } from "./ingest-bench.ts";
import { bulkClients } from "./plan.ts";
import { VectorIndex } from "./vector-index.ts";

/** Documents of a bulk, and different bulks, which are sent over and over. */
const plainDocuments = 500;
const differentBulks = 8;

const kibibyte = 1024;

/** Bulks for an index without a pipeline, while the cluster has pipelines that embed. */
export async function withoutEmbedding(
	bench: IngestBench,
	texts: BenchTexts,
): Promise<Row[]> {
	const glosses = texts.glosses(plainDocuments * differentBulks);
	const rows: Row[] = [];
	for (const { name, sources } of [
		{ name: "glosses", sources: glosses },
		{ name: "texts of 1 KiB", sources: lengthened(glosses) },
	])
		rows.push(await compare(bench, name, sources));
	return rows;
}

async function compare(
	{ servers, load, rest, plan }: IngestBench,
	name: string,
	texts: readonly string[],
): Promise<Row> {
	const { ours, opensearchUrl } = servers;
	const documents = texts.map((text) => ({ source: { text } }));
	const sides = {
		ours,
		theirs: { ...ours, contestant: new Contestant(opensearchUrl) },
	};
	const rate = (url: string) =>
		VectorIndex.use(opensearchUrl, undefined, async (index) => {
			const calls = bulkCalls(index.name, documents, plainDocuments);
			await rest.wait();
			const result = await load.run({
				url,
				calls,
				...bulkTerms,
				endless: true,
				mostMs: plan.plainMs,
			});
			return documentRate(result.latencies.length * plainDocuments, result);
		});
	const rates: Both<number[]> = { ours: [], theirs: [] };
	// The first turn, in which Java compiles, does not count.
	for (let round = -1; round < plan.rounds; round++) {
		const found = await inTurn(sides, round, ({ contestant }) =>
			rate(contestant.url),
		);
		if (round < 0) continue;
		rates.ours.push(found.ours);
		rates.theirs.push(found.theirs);
	}
	return {
		what: `_bulk of ${plainDocuments} ${name} without embedding, ${bulkClients} clients (theirs: OpenSearch itself)`,
		unit: "documents/s",
		ours: median(rates.ours),
		theirs: median(rates.theirs),
		bound: { at: "least", limit: 0.85 },
		note: "other pipelines of the cluster embed",
	};
}

/** Each text with those that follow it, a KiB in all. */
function lengthened(texts: readonly string[]): string[] {
	const words = [...texts, ...texts].join(" ; ");
	return texts.map((_, number) => {
		const start = (number * kibibyte) % (words.length - kibibyte);
		return words.slice(start, start + kibibyte);
	});
}
