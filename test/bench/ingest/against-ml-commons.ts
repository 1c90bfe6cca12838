import type { Precision } from "../../../sidecar/dev/model-artifact.ts";
import { type Both, inTurn } from "../runtime/predict-calls.ts";
import { median } from "../runtime/statistics.ts";
import type { Row } from "../runtime/table.ts";
import { bestBatchSize } from "./batch-size.ts";
import { embeddingRate } from "./bulk-load.ts";
import { type IngestBench, pipelineName } from "./ingest-bench.ts";
import {
	bulkClients,
	bulkDocuments,
	type Workload,
	workloads,
} from "./plan.ts";

/** What the sidecar has to reach, times ml-commons' documents a second. */
const bounds: Record<Workload, Record<Precision, number>> = {
	glosses: { fp32: 1.5, int8: 1.3 },
	paragraphs: { fp32: 1.1, int8: 1.1 },
};

/** Bulks of texts that are all different. */
export async function againstMlCommons(
	bench: IngestBench,
	precision: Precision,
): Promise<Row[]> {
	const rows: Row[] = [];
	for (const workload of workloads)
		rows.push(await compare(bench, precision, workload));
	return rows;
}

async function compare(
	bench: IngestBench,
	precision: Precision,
	workload: Workload,
): Promise<Row> {
	const { servers, plan, unused, report } = bench;
	const rounds = Array.from({ length: plan.rounds }, () =>
		unused[precision][workload].take(plan.written[workload]),
	);
	const best = await bestBatchSize(bench, precision, {
		workload,
		// ml-commons remembers no text, so they may come again.
		texts: rounds.flat().slice(0, plan.trial[workload]),
	});
	report(best.note);
	const rates: Both<number[]> = { ours: [], theirs: [] };
	for (const [number, texts] of rounds.entries()) {
		const found = await inTurn(servers, number, (side) =>
			embeddingRate(bench, {
				url: side.contestant.url,
				pipeline:
					side === servers.ours ? pipelineName(precision) : best.pipeline,
				texts,
			}),
		);
		rates.ours.push(found.ours);
		rates.theirs.push(found.theirs);
	}
	return {
		what: `_bulk of ${bulkDocuments} ${workload}, ${bulkClients} clients, ${precision}`,
		unit: "documents/s",
		ours: median(rates.ours),
		theirs: median(rates.theirs),
		bound: { at: "least", limit: bounds[workload][precision] },
		note: best.note,
	};
}
