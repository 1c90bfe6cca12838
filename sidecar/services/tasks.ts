import type { StoredTask } from "../../schemas/task.ts";
import { SidecarError } from "../errors.ts";
import type { WriteAnswer } from "../store/documents.ts";
import type { TaskStore } from "../store/tasks.ts";

/** A task as the API shows it: its document without what only the sidecars need. */
export type ShownTask = Omit<StoredTask, "sidecar">;

export function shownTask({
	sidecar: _internals,
	...shown
}: StoredTask): ShownTask {
	return shown;
}

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
		return shownTask(task);
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

	/**
	 * Only batch jobs of remote models can be cancelled, and there are none here.
	 *
	 * @throws SidecarError not_found, bad_request
	 */
	async cancel(id: string): Promise<never> {
		if (!(await this.#tasks.get(id)))
			throw new SidecarError("not_found", "Fail to find task");
		throw new SidecarError(
			"bad_request",
			"The task ID you provided does not have any associated batch job",
		);
	}
}

function notFound(): SidecarError {
	return new SidecarError("not_found", "Failed to find task");
}
