import type { Precision } from "../../../sidecar/dev/model-artifact.ts";
import { type Both, inTurn } from "../runtime/predict-calls.ts";
import { median, percentile } from "../runtime/statistics.ts";
import type { Row } from "../runtime/table.ts";
import { requireSameHits } from "./same-hits.ts";
import { runSearches, type SearchBench } from "./search-bench.ts";
import type { MakeSearch } from "./search-calls.ts";

export interface OneClient {
	what: string;
	make: MakeSearch;
	precision: Precision;
	/** What the sidecar's median may be, times neural-search's. */
	most: number;
}

/** How long one client waits for an answer; its texts are all different. */
export async function oneClient(
	bench: SearchBench,
	{ what, make, precision, most }: OneClient,
): Promise<Row[]> {
	const { servers, plan, unused } = bench;
	await requireSameHits(bench, make, precision);
	const texts = unused[precision];
	// V8 and HotSpot compile what one client at a time goes through.
	const before = texts.take(plan.singleBefore);
	await inTurn(servers, 0, (side) =>
		runSearches(bench, side, {
			make,
			precision,
			texts: before,
			mostMs: plan.singleBeforeMs,
		}),
	);
	const latencies: Both<number[]> = { ours: [], theirs: [] };
	for (let round = 0; round < plan.shortRounds; round++) {
		const sent = texts.take(plan.single);
		const found = await inTurn(servers, round, (side) =>
			runSearches(bench, side, {
				make,
				precision,
				texts: sent,
				mostMs: plan.longestMs,
			}),
		);
		latencies.ours.push(...found.ours.latencies);
		latencies.theirs.push(...found.theirs.latencies);
	}
	const tail = ({ ours, theirs }: Both<number[]>) =>
		`p99 ${percentile(ours, 0.99).toFixed(1)} against ${percentile(theirs, 0.99).toFixed(1)} ms`;
	return [
		{
			what: `${what}, one client, p50, ${precision}`,
			unit: "ms",
			ours: median(latencies.ours),
			theirs: median(latencies.theirs),
			bound: { at: "most", limit: most },
			note: tail(latencies),
		},
	];
}
