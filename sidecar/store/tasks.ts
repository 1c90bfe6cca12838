import type { Client } from "@opensearch-project/opensearch";
import { StoredTask } from "../../schemas/task.ts";
import { Documents, type Versioned, type WriteAnswer } from "./documents.ts";
import { type HiddenIndices, taskIndex } from "./hidden-indices.ts";

const maxTasks = 10_000;

/** The documents of tasks. */
export class TaskStore {
	readonly #indices: HiddenIndices;
	readonly #documents: Documents<typeof StoredTask>;

	constructor(client: Client, indices: HiddenIndices) {
		this.#indices = indices;
		this.#documents = new Documents(client, taskIndex, StoredTask);
	}

	async create(id: string, task: StoredTask): Promise<void> {
		await this.#indices.ensure(taskIndex);
		await this.#documents.create(id, task);
	}

	async get(id: string): Promise<StoredTask | undefined> {
		return (await this.#documents.get(id))?.source;
	}

	/** Changes some fields of a task, and its time of change; undefined where there is no such task. */
	update(
		id: string,
		fields: Partial<StoredTask>,
	): Promise<StoredTask | undefined> {
		return this.#documents.merge(id, {
			...fields,
			last_update_time: Date.now(),
		});
	}

	/** See {@link Documents.change}. */
	change(
		id: string,
		change: (task: StoredTask) => StoredTask | undefined,
	): Promise<StoredTask | undefined> {
		return this.#documents.change(id, change);
	}

	/** The tasks that have not ended, of every sidecar. */
	running(): Promise<Versioned<StoredTask>[]> {
		return this.#documents.find("state", ["CREATED", "RUNNING"], maxTasks);
	}

	delete(id: string): Promise<WriteAnswer | undefined> {
		return this.#documents.delete(id);
	}
}
