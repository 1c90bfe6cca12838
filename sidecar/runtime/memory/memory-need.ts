import { readdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { hasCode } from "../system-error.ts";
import { MemoryRecord, type RecordedModel } from "./memory-record.ts";

/** What a model's process will take, bytes, and how that is known. */
export interface MemoryNeed {
	bytes: number;
	isMeasured: boolean;
}

/** A model's files, bytes. */
export interface ModelSizes {
	/** The graph with its external data. */
	graph: number;
	/** tokenizer.json and what else is read whole. */
	json: number;
}

const mebibyte = 1024 * 1024;

/**
 * Measured with onnxruntime-node 1.26.0 on Linux x64, resident after texts as long as the window: MiniLM int8 (22 MiB)
 * takes 159, 207 and 304 MiB with 1, 2 and 4 allocations, fp32 (86 MiB) 226 (240 while it loads), 363 and 637 MiB. These
 * figures give up to a sixth more.
 */
const processBytes = 88 * mebibyte;
const sessionBytes = 20 * mebibyte;
const bytesPerGraphByte = 1.4;

/** Measured: 27 for MiniLM's WordPiece tokenizer, 26 and 48 for 250,000 made up tokens of WordPiece and Unigram. */
const bytesPerJsonByte = 32;

/**
 * What a model's process will have in memory once all its allocations are there: as measured when the same was loaded
 * before, else estimated by its files. A file that is not there takes nothing: the process says what is missing.
 */
export async function memoryNeed(spec: RecordedModel): Promise<MemoryNeed> {
	const measured = await new MemoryRecord(spec).read();
	if (measured !== undefined) return { bytes: measured, isMeasured: true };
	const bytes = estimate(await sizesOf(spec), sessionsOf(spec));
	return { bytes, isMeasured: false };
}

/** One an allocation, and the one for texts that come alone. */
function sessionsOf(spec: RecordedModel): number {
	const { functionName, allocations, threadsPerAllocation } = spec;
	const { loneThreads = 0 } = spec;
	if (functionName === "SPARSE_TOKENIZE") return 0;
	return loneThreads > threadsPerAllocation ? allocations + 1 : allocations;
}

/** As many allocations, at most those of the specification and at least one, as so much memory holds, bytes. */
export async function fittingAllocations(
	spec: RecordedModel,
	memoryBytes: number,
): Promise<number> {
	for (let allocations = spec.allocations; allocations > 1; allocations--) {
		const { bytes } = await memoryNeed({ ...spec, allocations });
		if (bytes <= memoryBytes) return allocations;
	}
	return 1;
}

/** Each session has the graph's weights for itself, in the layout of the kernels. */
export function estimate(
	{ graph, json }: ModelSizes,
	sessions: number,
): number {
	const perSession = sessionBytes + bytesPerGraphByte * graph;
	return Math.ceil(
		processBytes + bytesPerJsonByte * json + sessions * perSession,
	);
}

/** Every file in the model's folder belongs to it, but for those of the sidecar's own making, which are small. */
async function sizesOf({ modelPath }: RecordedModel): Promise<ModelSizes> {
	const folder = dirname(modelPath);
	const sizes: ModelSizes = { graph: 0, json: 0 };
	try {
		for (const name of await readdir(folder)) {
			const found = await stat(join(folder, name));
			if (!found.isFile()) continue;
			sizes[name.endsWith(".json") ? "json" : "graph"] += found.size;
		}
	} catch (error) {
		if (!hasCode(error, ["ENOENT", "ENOTDIR"])) throw error;
	}
	return sizes;
}
