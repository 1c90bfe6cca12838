import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { inject } from "vitest";
import type {
	ModelArtifact,
	Precision,
} from "../../sidecar/dev/model-artifact.ts";
import type { TextEmbeddingSpec } from "../../sidecar/runtime/model-spec.ts";
import { Runtime, type RuntimeOptions } from "../../sidecar/runtime/runtime.ts";
import type {} from "./opensearch.ts";
import { unpackedModel } from "./unpacked-model.ts";

/** Models unpacked in a folder of their own, as the runtime wants them; and what was made for that. */
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
		return this.unpacked(inject("minilm")[precision], overrides);
	}

	/** Any sentence model of 384 dimensions; the mean of its tokens is scaled to length 1 unless told otherwise. */
	async unpacked(
		artifact: ModelArtifact,
		overrides: Partial<TextEmbeddingSpec> = {},
	): Promise<TextEmbeddingSpec> {
		return {
			...(await unpackedModel(artifact, this.#folder)),
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
