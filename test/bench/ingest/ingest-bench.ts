import type { Precision } from "../../../sidecar/dev/model-artifact.ts";
import { precisions } from "../runtime/plan.ts";
import type { Servers } from "../runtime/servers.ts";
import type { BenchTexts } from "../runtime/texts.ts";
import { type BulkSender, embeddingRate } from "./bulk-load.ts";
import { type IngestPlan, type Workload, workloads } from "./plan.ts";
import { UnusedTexts } from "./unused-texts.ts";
import { putPipeline } from "./vector-index.ts";

export interface IngestBench extends BulkSender {
	servers: Servers;
	plan: IngestPlan;
	/** Texts that the sidecar has not embedded with a model yet. */
	unused: Record<Precision, Record<Workload, UnusedTexts>>;
	report: (line: string) => void;
}

/** The sidecar's pipeline for a model. */
export function pipelineName(precision: Precision): string {
	return `bench-${precision}`;
}

/** Enough for every part of the bench; the sidecar keeps what it has embedded, for each model apart. */
export function unusedTexts(
	texts: BenchTexts,
	{ rounds, fewRounds, trial, written }: IngestPlan,
): IngestBench["unused"] {
	const count = (workload: Workload) =>
		trial[workload] + (rounds + fewRounds) * written[workload];
	const ofModel = () => ({
		glosses: new UnusedTexts(texts.glosses(count("glosses"))),
		paragraphs: new UnusedTexts(texts.paragraphs(count("paragraphs"))),
	});
	return { fp32: ofModel(), int8: ofModel() };
}

/** Puts the sidecar's pipelines, and lets it compile what a bulk goes through. */
export async function prepareSidecar(bench: IngestBench): Promise<void> {
	const { contestant, models } = bench.servers.ours;
	for (const precision of precisions) {
		const pipeline = pipelineName(precision);
		const modelId = models[precision];
		await putPipeline(contestant.url, pipeline, { modelId });
		for (const workload of workloads)
			await embeddingRate(bench, {
				url: contestant.url,
				pipeline,
				texts: bench.unused[precision][workload].take(
					bench.plan.trial[workload],
				),
			});
	}
}
