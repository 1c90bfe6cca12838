import { setTimeout as wait } from "node:timers/promises";
import type { Logger } from "pino";
import { embeddedFields } from "../../../ingest/embedded-fields.ts";
import type { Step } from "../../../ingest/step.ts";
import { mayPass } from "../../errors.ts";
import type {
	EmbeddingSpace,
	EmbeddingSpaceStore,
	SpacesByField,
} from "../../store/embedding-spaces.ts";
import type { KnownModels } from "../search/known-models.ts";

/** Indices and models that are remembered at most, and those that are written down at the same time. */
const maxNoted = 10_000;
const maxUnderWay = 100;

/**
 * When to look again, milliseconds. An index that is not there yet is made by the write itself; and fields that are mapped
 * by the very documents are put by their shard together with the `_meta` that it knew before.
 */
const laterMs = [1_000, 5_000];

export interface SpaceRecordsOptions {
	store: EmbeddingSpaceStore;
	models: KnownModels;
	logger: Logger;
}

/** What steps write vectors into, and what tells it from other steps'. */
interface Written {
	key: string;
	/** Ids of models by field. */
	models: ReadonlyMap<string, string>;
}

/** Writes down, once an index and beside its writes, which model makes the vectors of each of its fields. */
export class SpaceRecords {
	readonly #options: SpaceRecordsOptions;
	readonly #written = new WeakMap<readonly Step[], Written>();
	readonly #noted = new Set<string>();
	#underWay = 0;
	#warned = false;

	constructor(options: SpaceRecordsOptions) {
		this.#options = options;
	}

	/** Notes that documents with vectors go to an index. It never fails, and nothing waits for it. */
	note(index: string | undefined, steps: readonly Step[]): void {
		const { key, models } = this.#writtenBy(steps);
		if (index === undefined || models.size === 0) return;
		const entry = `${index}\n${key}`;
		if (this.#noted.has(entry) || this.#underWay >= maxUnderWay) return;
		if (this.#noted.size >= maxNoted) this.#noted.clear();
		this.#noted.add(entry);
		this.#underWay++;
		void this.#record(index, models)
			.then((recorded) => {
				if (!recorded) this.#noted.delete(entry);
			})
			.catch((err: unknown) => {
				if (mayPass(err)) this.#noted.delete(entry);
				else this.#warn(err, index);
			})
			.finally(() => this.#underWay--);
	}

	/** Looks at every index again. */
	forget(): void {
		this.#noted.clear();
		this.#warned = false;
	}

	/** Once, until all is looked at again: what one index refuses, for want of a right, every other does. */
	#warn(err: unknown, index: string): void {
		if (this.#warned) return;
		this.#warned = true;
		this.#options.logger.warn(
			{ err, index },
			"which model writes an index's vectors can't be written down",
		);
	}

	#writtenBy(steps: readonly Step[]): Written {
		const known = this.#written.get(steps);
		if (known) return known;
		const fields = embeddedFields(steps).filter(
			({ kind }) => kind === "text_embedding",
		);
		const models = new Map(
			fields.map(({ field, modelId }) => [field, modelId]),
		);
		const written = { key: JSON.stringify([...models]), models };
		this.#written.set(steps, written);
		return written;
	}

	/** @returns whether it is done */
	async #record(
		index: string,
		models: ReadonlyMap<string, string>,
	): Promise<boolean> {
		const spaces = new Map<string, EmbeddingSpace>();
		for (const [field, modelId] of models) {
			const { contentHash } = await this.#options.models.get(modelId);
			spaces.set(field, { modelId, contentHash });
		}
		for (const ms of [0, ...laterMs]) {
			if (ms > 0) await wait(ms, undefined, { ref: false });
			const recorded = await this.#options.store.record(index, spaces);
			if (!recorded || recorded.written) continue;
			this.#compare(index, spaces, recorded.spaces);
			return true;
		}
		return false;
	}

	#compare(index: string, spaces: SpacesByField, first: SpacesByField) {
		for (const [field, { modelId, contentHash }] of spaces) {
			const writer = first.get(field);
			if (writer && writer.contentHash !== contentHash)
				this.#options.logger.warn(
					{ index, field, modelId, firstModelId: writer.modelId },
					"a field has vectors of two models: they may not be comparable",
				);
		}
	}
}
