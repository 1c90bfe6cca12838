import { createReadStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { inject } from "vitest";
import type { Precision } from "../../sidecar/dev/model-artifact.ts";
import { ModelCache } from "../../sidecar/runtime/model-cache.ts";
import type { TextEmbeddingSpec } from "../../sidecar/runtime/model-spec.ts";
import { Runtime, type RuntimeOptions } from "../../sidecar/runtime/runtime.ts";
import type {} from "./opensearch.ts";

/** all-MiniLM-L6-v2 unpacked in a folder of its own, as the runtime wants it; and what was made for that. */
export class RuntimeModels {
	readonly #folder: string;
	readonly #runtimes: Runtime[] = [];

	private constructor(folder: string) {
		this.#folder = folder;
	}

	static async create(): Promise<RuntimeModels> {
		return new RuntimeModels(await mkdtemp(join(tmpdir(), "runtime-test-")));
	}

	async miniLm(
		precision: Precision,
		overrides: Partial<TextEmbeddingSpec> = {},
	): Promise<TextEmbeddingSpec> {
		const { zipPath, sha256, sizeBytes } = inject("minilm")[precision];
		const cache = new ModelCache({
			folder: this.#folder,
			limits: {
				entries: 100,
				ratio: 100,
				unpackedBytes: 1e9,
				tokenizerBytes: 1e8,
			},
		});
		const open = () => createReadStream(zipPath);
		const files = await cache.ensure({ sha256, sizeBytes, open });
		return {
			...files,
			functionName: "TEXT_EMBEDDING",
			poolingMode: "MEAN",
			normalize: true,
			dimension: 384,
			allocations: 2,
			threadsPerAllocation: 1,
			...overrides,
		};
	}

	/** A runtime that is closed with the others. */
	runtime(options: Partial<RuntimeOptions> = {}): Runtime {
		const runtime = new Runtime({
			logger: pino({ level: "silent" }),
			startTimeoutMs: 60_000,
			...options,
		});
		this.#runtimes.push(runtime);
		return runtime;
	}

	async close(): Promise<void> {
		await Promise.all(this.#runtimes.map((runtime) => runtime.close()));
		await rm(this.#folder, { recursive: true, force: true });
	}
}

/** Whether a process is there and has not ended. */
export function isAlive(pid: number): boolean {
	try {
		process.kill(pid, 0);
		return true;
	} catch {
		return false;
	}
}
