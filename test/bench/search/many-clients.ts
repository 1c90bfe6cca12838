import type { Precision } from "../../../sidecar/dev/model-artifact.ts";
import { rate } from "../runtime/load.ts";
import { type Both, inTurn } from "../runtime/predict-calls.ts";
import { median, seededRandom, zipf } from "../runtime/statistics.ts";
import type { Row } from "../runtime/table.ts";
import { manyClients as clients } from "./plan.ts";
import { runSearches, type SearchBench } from "./search-bench.ts";
import { neuralSearch } from "./search-calls.ts";

/** Neural searches of many clients, texts all different. */
export async function manyClients(
	bench: SearchBench,
	precision: Precision,
): Promise<Row[]> {
	const { plan, unused } = bench;
	return compare(bench, precision, {
		what: "texts all different",
		texts: () => unused[precision].take(plan.many[precision]),
		least: 1.5,
	});
}

/** Neural searches of many clients for texts of which some come often; when a round begins nobody has seen any. */
export async function repeatedTexts(
	bench: SearchBench,
	precision: Precision,
): Promise<Row[]> {
	const { plan, unused } = bench;
	const { repeated, draws } = plan;
	const draw = zipf(repeated, seededRandom(repeated));
	return compare(bench, precision, {
		what: `${draws} draws of ${repeated} texts (Zipf), none seen before`,
		texts() {
			const distinct = unused[precision].take(repeated);
			return Array.from({ length: draws }, () => distinct[draw()] ?? "");
		},
		least: 2,
	});
}

interface Compared {
	what: string;
	/** Of a round. */
	texts(): readonly string[];
	/** What the sidecar has to reach, times neural-search's searches a second. */
	least: number;
}

async function compare(
	bench: SearchBench,
	precision: Precision,
	{ what, texts, least }: Compared,
): Promise<Row[]> {
	const { servers, plan } = bench;
	const rates: Both<number[]> = { ours: [], theirs: [] };
	for (let round = 0; round < plan.rounds; round++) {
		const sent = texts();
		const found = await inTurn(servers, round, async (side) =>
			rate(
				await runSearches(bench, side, {
					make: neuralSearch,
					precision,
					texts: sent,
					clients,
					mostMs: plan.longestMs,
				}),
			),
		);
		rates.ours.push(found.ours);
		rates.theirs.push(found.theirs);
	}
	return [
		{
			what: `neural, ${clients} clients, ${what}, ${precision}`,
			unit: "searches/s",
			ours: median(rates.ours),
			theirs: median(rates.theirs),
			bound: { at: "least", limit: least },
		},
	];
}
