import type { Client } from "@opensearch-project/opensearch";
import { StoredModelGroup } from "../../schemas/model-group.ts";
import { Documents, type Versioned, type WriteAnswer } from "./documents.ts";
import { type HiddenIndices, modelGroupIndex } from "./hidden-indices.ts";

/** The documents of model groups. */
export class ModelGroupStore {
	readonly #indices: HiddenIndices;
	readonly #documents: Documents<typeof StoredModelGroup>;

	constructor(client: Client, indices: HiddenIndices) {
		this.#indices = indices;
		this.#documents = new Documents(client, modelGroupIndex, StoredModelGroup);
	}

	async create(id: string, group: StoredModelGroup): Promise<void> {
		await this.#indices.ensure(modelGroupIndex);
		await this.#documents.create(id, group);
	}

	get(id: string): Promise<Versioned<StoredModelGroup> | undefined> {
		return this.#documents.get(id);
	}

	/** See {@link Documents.change}. */
	change(
		id: string,
		change: (group: StoredModelGroup) => StoredModelGroup | undefined,
	): Promise<StoredModelGroup | undefined> {
		return this.#documents.change(id, change);
	}

	/** Deletes a group as it was read. @throws SidecarError conflict where it was changed since */
	delete(found: Versioned<StoredModelGroup>): Promise<WriteAnswer | undefined> {
		return this.#documents.delete(found.id, found);
	}
}
