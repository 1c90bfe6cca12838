import type { StoredTask } from "../../schemas/task.ts";
import { SidecarError } from "../errors.ts";
import type { WriteAnswer } from "../store/documents.ts";
import type { TaskStore } from "../store/tasks.ts";

/** A task as the API shows it: its document without what only the sidecars need. */
export type ShownTask = Omit<StoredTask, "sidecar">;

/** Looks tasks up and deletes them. */
export class TaskService {
	readonly #tasks: TaskStore;

	constructor(tasks: TaskStore) {
		this.#tasks = tasks;
	}

	/** @throws SidecarError not_found */
	async get(id: string): Promise<ShownTask> {
		const task = await this.#tasks.get(id);
		if (!task) throw notFound();
		const { sidecar: _internals, ...shown } = task;
		return shown;
	}

	/** @throws SidecarError not_found, bad_state for a task that runs */
	async delete(id: string): Promise<WriteAnswer> {
		if ((await this.get(id)).state === "RUNNING")
			throw new SidecarError(
				"bad_state",
				"Task cannot be deleted in running state. Try after some time.",
			);
		const answer = await this.#tasks.delete(id);
		if (!answer) throw notFound();
		return answer;
	}
}

function notFound(): SidecarError {
	return new SidecarError("not_found", "Failed to find task");
}
