import type { Client } from "@opensearch-project/opensearch";
import { StoredScrollTask } from "../../schemas/scroll-task.ts";
import { Documents } from "./documents.ts";
import { type HiddenIndices, scrollTaskIndex } from "./hidden-indices.ts";

/** The documents of reindexes and updates by query that nobody waits for. */
export class ScrollTaskStore {
	readonly #indices: HiddenIndices;
	readonly #documents: Documents<typeof StoredScrollTask>;

	constructor(client: Client, indices: HiddenIndices) {
		this.#indices = indices;
		this.#documents = new Documents(client, scrollTaskIndex, StoredScrollTask);
	}

	/** @throws SidecarError conflict when the id is taken */
	async create(id: string, task: StoredScrollTask): Promise<void> {
		await this.#indices.ensure(scrollTaskIndex);
		await this.#documents.create(id, task);
	}

	async get(id: string): Promise<StoredScrollTask | undefined> {
		return (await this.#documents.get(id))?.source;
	}

	/** See {@link Documents.change}. Only {@link get} sees it at once. */
	change(
		id: string,
		change: (task: StoredScrollTask) => StoredScrollTask | undefined,
	): Promise<StoredScrollTask | undefined> {
		return this.#documents.change(id, change, { visible: false });
	}
}
