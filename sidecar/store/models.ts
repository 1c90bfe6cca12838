import type { Client } from "@opensearch-project/opensearch";
import {
	type ChunkEntry,
	type ModelState,
	StoredModel,
} from "../../schemas/model.ts";
import {
	Documents,
	type Versioned,
	type WriteAnswer,
	type WriteOptions,
} from "./documents.ts";
import { type HiddenIndices, modelIndex } from "./hidden-indices.ts";

const maxModels = 10_000;

/** The documents of models: metadata, state, and which chunks have arrived. */
export class ModelStore {
	readonly #indices: HiddenIndices;
	readonly #documents: Documents<typeof StoredModel>;

	constructor(client: Client, indices: HiddenIndices) {
		this.#indices = indices;
		this.#documents = new Documents(client, modelIndex, StoredModel);
	}

	/** Claims an id for a model. @throws SidecarError conflict when it is taken. */
	async create(id: string, model: StoredModel): Promise<void> {
		await this.#indices.ensure(modelIndex);
		// Clients look for a model with a search and read its id out of what they find.
		await this.#documents.create(id, { ...model, model_id: id });
	}

	async get(id: string): Promise<StoredModel | undefined> {
		return (await this.#documents.get(id))?.source;
	}

	/** See {@link Documents.change}. */
	change(
		id: string,
		change: (model: StoredModel) => StoredModel | undefined,
		options?: WriteOptions,
	): Promise<StoredModel | undefined> {
		return this.#documents.change(id, change, options);
	}

	/** See {@link Documents.write}. */
	write(id: string, change: (model: StoredModel) => StoredModel | undefined) {
		return this.#documents.write(id, change);
	}

	/** Whether a group has a model, also one that is being deleted. */
	async anyInGroup(groupId: string): Promise<boolean> {
		const found = await this.#documents.find("model_group_id", [groupId], 1);
		return found.length > 0;
	}

	/**
	 * Notes that a chunk is stored, while the model is being registered; chunks that arrive at the same time do not lose
	 * each other's note. Searches see it a little later: what they are for, the model's registration, is a change of its
	 * own.
	 *
	 * @param isCurrent whether that content is what the chunk is now
	 * @returns the model, with the note or without
	 */
	addChunk(
		id: string,
		number: number,
		{
			entry,
			isCurrent,
		}: { entry: ChunkEntry; isCurrent: () => Promise<boolean> },
	): Promise<StoredModel | undefined> {
		return this.#documents.change(
			id,
			async (current) =>
				isOpen(current) && (await isCurrent())
					? withChunks(current, {
							...current.sidecar.chunks,
							[number]: entry,
						})
					: undefined,
			{ visible: false },
		);
	}

	/** Takes a chunk's note back before another content replaces it: until that is noted, the model is not whole. */
	dropChunk(
		id: string,
		number: number,
		replacedBy: ChunkEntry,
	): Promise<StoredModel | undefined> {
		return this.#documents.change(
			id,
			(current) => {
				const { [number]: noted, ...others } = current.sidecar.chunks;
				return isOpen(current) && noted && noted.sha256 !== replacedBy.sha256
					? withChunks(current, others)
					: undefined;
			},
			{ visible: false },
		);
	}

	/** Whether there surely is no model of this id: the index is there, and does not have it. */
	lacks(id: string): Promise<boolean> {
		return this.#documents.lacks(id);
	}

	delete(id: string): Promise<WriteAnswer | undefined> {
		return this.#documents.delete(id);
	}

	count(): Promise<number> {
		return this.#documents.count();
	}

	/** Models whose deletion has begun. */
	deleting(): Promise<Versioned<StoredModel>[]> {
		return this.#documents.find("sidecar.deleting", ["true"], maxModels);
	}

	inStates(states: readonly ModelState[]): Promise<Versioned<StoredModel>[]> {
		return this.#documents.find("model_state", states, maxModels);
	}
}

/** Whether a model's chunks may still become others. */
function isOpen({ model_state, sidecar }: StoredModel): boolean {
	return model_state === "REGISTERING" && !sidecar.deleting;
}

function withChunks(
	model: StoredModel,
	chunks: StoredModel["sidecar"]["chunks"],
): StoredModel {
	return {
		...model,
		last_updated_time: Date.now(),
		sidecar: { ...model.sidecar, chunks },
	};
}
