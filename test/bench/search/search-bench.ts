import type { Precision } from "../../../sidecar/dev/model-artifact.ts";
import type { Rest } from "../ingest/rest.ts";
import { UnusedTexts } from "../ingest/unused-texts.ts";
import type { LoadGenerator, LoadResult } from "../runtime/load.ts";
import type { Servers, Side } from "../runtime/servers.ts";
import type { BenchTexts } from "../runtime/texts.ts";
import { type SearchPlan, textsNeeded } from "./plan.ts";
import { queryTexts } from "./query-texts.ts";
import type { MakeSearch } from "./search-calls.ts";
import { documentsOf, makeSearched } from "./search-index.ts";

export interface SearchBench {
	servers: Servers;
	load: LoadGenerator;
	rest: Rest;
	plan: SearchPlan;
	/** Texts that the sidecar has not embedded with a model yet. */
	unused: Record<Precision, UnusedTexts>;
	report: (line: string) => void;
}

/** Enough for every part of the bench; the sidecar keeps what it has embedded, for each model apart. */
export function unusedQueries(
	texts: BenchTexts,
	plan: SearchPlan,
): SearchBench["unused"] {
	const queries = queryTexts(texts.glosses(Number.POSITIVE_INFINITY)).slice(
		0,
		textsNeeded(plan),
	);
	return { fp32: new UnusedTexts(queries), int8: new UnusedTexts(queries) };
}

/** Gives both sides the same documents. */
export async function prepareSearches(
	{ servers, plan, report }: SearchBench,
	texts: BenchTexts,
): Promise<void> {
	const { ours, theirs, opensearchUrl } = servers;
	const start = performance.now();
	const documents = await documentsOf(ours, texts.glosses(plan.documents));
	for (const url of [opensearchUrl, theirs.contestant.url])
		await makeSearched(url, documents);
	const seconds = ((performance.now() - start) / 1000).toFixed(0);
	report(`${documents.length} documents on both sides, ${seconds} s`);
}

/** Searches of one side, each text once. */
export interface Searches {
	make: MakeSearch;
	precision: Precision;
	texts: readonly string[];
	clients?: number;
	mostMs: number;
}

/** Searches on a machine at rest. @throws unless every one of them found something */
export async function runSearches(
	{ load, rest }: Pick<SearchBench, "load" | "rest">,
	{ contestant, models }: Side,
	{ make, precision, texts, ...terms }: Searches,
): Promise<LoadResult> {
	await rest.wait();
	return load.run({
		url: contestant.url,
		calls: texts.map((text) => make(text, models[precision])),
		mustHold: '"_id"',
		...terms,
	});
}
