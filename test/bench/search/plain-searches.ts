import { median } from "../runtime/statistics.ts";
import type { Bound, Row } from "../runtime/table.ts";
import type { SearchBench } from "./search-bench.ts";
import { plainSearch } from "./search-calls.ts";

/** A way on which a search gets to OpenSearch. */
type Way = "straight" | "sidecar" | "bare" | "nginx";

export interface PlainSearches {
	/** Nginx before the sidecar's OpenSearch; undefined where there is none. */
	nginxUrl: string | undefined;
	/** The least that a forwarder in Node.js can be. */
	bareUrl: string;
	texts: readonly string[];
}

/** What the sidecar adds to a search with nothing to rewrite, while others have; and what nginx adds, which does nothing. */
export async function plainSearches(
	bench: SearchBench,
	{ nginxUrl, bareUrl, texts }: PlainSearches,
): Promise<Row[]> {
	const { servers } = bench;
	const urls = new Map<Way, string>([
		["straight", servers.opensearchUrl],
		["sidecar", servers.ours.contestant.url],
		["bare", bareUrl],
	]);
	if (nginxUrl !== undefined) urls.set("nginx", nginxUrl);
	return [
		await compare(bench, {
			what: "a search with nothing to rewrite",
			urls,
			texts,
			bound: { at: "most", limit: 0.15 },
		}),
		await compare(bench, {
			what: "the same that has to be looked through, for the text “neural” is in it",
			urls,
			texts: texts.map((text) => `${text} neural`),
		}),
	];
}

interface Compared {
	what: string;
	urls: ReadonlyMap<Way, string>;
	/** Of a round. */
	texts: readonly string[];
	bound?: Bound;
}

async function compare(
	{ load, rest, plan }: SearchBench,
	{ what, urls, texts, bound }: Compared,
): Promise<Row> {
	const ways = [...urls];
	const medians = new Map<Way, number[]>(ways.map(([way]) => [way, []]));
	const calls = texts.map(plainSearch);
	await rest.wait();
	// Code is compiled in the first rounds.
	for (let round = -plan.plainRoundsBefore; round < plan.plainRounds; round++) {
		// Each way is the first as often as the others.
		const first = Math.abs(round) % ways.length;
		for (const [way, url] of [...ways.slice(first), ...ways.slice(0, first)]) {
			const { latencies } = await load.run({ url, calls });
			if (round >= 0) medians.get(way)?.push(median(latencies));
		}
	}
	const straight = medians.get("straight") ?? [];
	/** Of two rounds that follow each other, what noise there is is mostly in both. */
	const added = (way: Way) =>
		median(
			(medians.get(way) ?? []).map((ms, n) => ms - (straight[n] ?? Number.NaN)),
		);
	const nginx = urls.has("nginx")
		? `nginx ${added("nginx").toFixed(3)} ms`
		: "there is no nginx on this machine";
	return {
		what: `${what}: added time, one client, p50`,
		unit: "ms",
		ours: added("sidecar"),
		...(bound && { bound }),
		note: `a bare forwarder in Node.js adds ${added("bare").toFixed(3)} ms, ${nginx}; straight to OpenSearch it takes ${median(straight).toFixed(2)} ms`,
	};
}
