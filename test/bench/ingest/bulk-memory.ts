import { startEmbedded } from "../../../sidecar/dev/embedded-opensearch.ts";
import { fetchMiniLm } from "../../../sidecar/dev/model-artifact.ts";
import {
	canMeasureMemory,
	peakDuring,
	residentBytes,
} from "../../helpers/process-memory.ts";
import { runSidecar } from "../../helpers/sidecar-process.ts";
import { Contestant } from "../contestant.ts";
import type { Ending } from "../ending.ts";
import type { LoadGenerator } from "../runtime/load.ts";
import type { Row } from "../runtime/table.ts";
import type { BenchTexts } from "../runtime/texts.ts";
import { type BulkDocument, bulkCalls, bulkLines } from "./bulk-calls.ts";
import { bulkTerms } from "./bulk-load.ts";
import type { IngestPlan } from "./plan.ts";
import { putPipeline, VectorIndex } from "./vector-index.ts";

const mebibyte = 1024 * 1024;

/** OpenSearch's `http.max_content_length`, if nobody changes it. */
const bulkBytes = 100 * mebibyte;

/** Documents of the large bulk. */
const documentsOfIt = 2_000;

/** Bulks before it, and how much smaller they are: the first use of everything takes memory too, for code most of all. */
const bulksBefore = 4;
const smallerBefore = 10;

export interface BulkMemoryOptions {
	load: LoadGenerator;
	texts: BenchTexts;
	plan: IngestPlan;
	ending: Ending;
	report: (line: string) => void;
}

/**
 * What a bulk as large as OpenSearch takes adds to the memory of the sidecar's own process, a model's apart. Each
 * document has a short text to embed, and other text that makes it as large as it is.
 */
export async function bulkMemory(options: BulkMemoryOptions): Promise<Row[]> {
	const { texts, plan, report } = options;
	if (!canMeasureMemory) {
		report("the memory of a process can be measured on Linux only");
		return [];
	}
	const sidecar = await startSmall(options);
	try {
		const { pid, pipeline } = sidecar;
		const send = (bytes: number, count: number) =>
			sendBulk(options, sidecar, sized(texts.short(count), bytes));
		for (let bulk = 0; bulk < bulksBefore; bulk++)
			await send(bulkBytes / smallerBefore, documentsOfIt / smallerBefore);
		const before = await residentBytes(pid);
		let peak = 0;
		for (let round = 0; round < plan.fewRounds; round++) {
			const work = () => send(bulkBytes, documentsOfIt);
			peak = Math.max(peak, (await peakDuring(pid, work)).peak.own);
			report(`${pipeline}, at most ${(peak / mebibyte).toFixed(0)} MiB`);
		}
		return [
			{
				what: `_bulk of 100 MiB, ${documentsOfIt} documents to embed, fp32: extra memory`,
				unit: "MiB",
				ours: (peak - before) / mebibyte,
				bound: { at: "below", limit: 200 },
				note: `the sidecar's process without its model's, ${(before / mebibyte).toFixed(0)} MiB before; its result cache is in both`,
			},
		];
	} finally {
		await sidecar.stop();
	}
}

interface MeasuredSidecar {
	url: string;
	pid: number;
	pipeline: string;
	/** Ends it and its OpenSearch. */
	stop(): Promise<void>;
}

/** A sidecar with a deployed model and an OpenSearch of its own. */
async function startSmall({
	ending,
	report,
}: BulkMemoryOptions): Promise<MeasuredSidecar> {
	const artifact = await fetchMiniLm({ precision: "fp32", report });
	const opensearch = await startEmbedded({
		env: process.env,
		report,
		port: 0,
		heap: "2g",
		dataDir: await ending.temporaryFolder(),
	});
	ending.add(() => opensearch.stop());
	const { child, address, closed } = await runSidecar({
		OPENSEARCH_URL: opensearch.url,
	});
	const stopSidecar = async () => {
		child.kill("SIGTERM");
		await closed;
	};
	ending.add(stopSidecar);
	const url = await address;
	const { pid } = child;
	if (pid === undefined) throw new Error("no sidecar was started");
	const contestant = new Contestant(url);
	await contestant.allow();
	const modelId = await contestant.registerByUrl(artifact);
	await contestant.deploy(modelId);
	const pipeline = "bench-memory";
	await putPipeline(url, pipeline, { modelId });
	const stop = async () => {
		await stopSidecar();
		await opensearch.stop();
	};
	return { url, pid, pipeline, stop };
}

async function sendBulk(
	{ load }: BulkMemoryOptions,
	{ url, pipeline }: MeasuredSidecar,
	documents: readonly BulkDocument[],
): Promise<void> {
	await VectorIndex.use(url, pipeline, async (index) => {
		const calls = bulkCalls(index.name, documents, documents.length);
		await load.run({ url, calls, ...bulkTerms });
		await index.requireVectors(documents.length);
	});
}

/** A document for each text, all of one size. @param bytes what their bulk has, or a few less */
function sized(texts: readonly string[], bytes: number): BulkDocument[] {
	const size = Math.floor(bytes / texts.length);
	return texts.map((text) => {
		const bare = bulkLines({ source: { text, ballast: "" } });
		const ballast = "x".repeat(size - Buffer.byteLength(bare));
		return { source: { text, ballast } };
	});
}
