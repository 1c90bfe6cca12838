import { randomUUID } from "node:crypto";
import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { type Static, Type } from "typebox";
import { Value } from "typebox/value";
import type { ModelSpec } from "../model-spec.ts";
import { hasCode } from "../system-error.ts";

/** What of a model decides how much memory its process takes, besides its files. */
export type RecordedModel = Pick<
	ModelSpec,
	| "functionName"
	| "modelPath"
	| "allocations"
	| "threadsPerAllocation"
	| "loneThreads"
	| "preparation"
	| "identity"
>;

const Measurement = Type.Object({
	/** Its identity, or its function where it has none. */
	model: Type.String(),
	allocations: Type.Integer(),
	threads: Type.Integer(),
	loneThreads: Type.Integer(),
	bytes: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
});

type Measurement = Static<typeof Measurement>;

const Measurements = Type.Array(Measurement);

/** Kept in one file: the latest for each way to run a model, so that is plenty. */
const mostMeasurements = 32;

const fileName = "memory.json";

/**
 * What a model's process was measured to take, kept beside the model's files: it is forgotten with them. Sidecars that
 * share the folder write in turn, the last one's figures stay.
 */
export class MemoryRecord {
	readonly #folder: string;
	readonly #key: Omit<Measurement, "bytes">;

	constructor(spec: RecordedModel) {
		this.#folder = dirname(spec.modelPath);
		this.#key = {
			model: spec.identity ?? spec.functionName,
			allocations: spec.allocations,
			threads: spec.threadsPerAllocation,
			loneThreads: spec.loneThreads ?? 0,
		};
	}

	/** Bytes, at most as much as was ever counted in one load; undefined where nothing is known. */
	async read(): Promise<number | undefined> {
		const measurements = await this.#readAll();
		return measurements.find((one) => this.#isOurs(one))?.bytes;
	}

	/** Throws the system's error where the folder can't be written to. */
	async write(bytes: number): Promise<void> {
		const others = (await this.#readAll()).filter((one) => !this.#isOurs(one));
		const latest = [{ ...this.#key, bytes }, ...others];
		const json = JSON.stringify(
			latest.slice(0, mostMeasurements),
			undefined,
			"\t",
		);
		// Moved into place: nobody reads a half of it.
		const temporary = join(this.#folder, `.memory-${randomUUID()}`);
		try {
			await writeFile(temporary, json, { flag: "wx", mode: 0o600 });
			await rename(temporary, join(this.#folder, fileName));
		} finally {
			await rm(temporary, { force: true });
		}
	}

	/** A file that is not as this class writes it is as good as none. */
	async #readAll(): Promise<Measurement[]> {
		try {
			const json = await readFile(join(this.#folder, fileName), "utf8");
			const read: unknown = JSON.parse(json);
			return Value.Check(Measurements, read) ? read : [];
		} catch (error) {
			const isNone =
				error instanceof SyntaxError || hasCode(error, ["ENOENT", "ENOTDIR"]);
			if (!isNone) throw error;
			return [];
		}
	}

	#isOurs({ bytes: _, ...key }: Measurement): boolean {
		return isDeepStrictEqual(key, this.#key);
	}
}
