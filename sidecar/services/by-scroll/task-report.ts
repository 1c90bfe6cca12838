import { setTimeout } from "node:timers/promises";
import type { Logger } from "pino";
import type { StoredScrollTask } from "../../../schemas/scroll-task.ts";
import type { ScrollTaskStore } from "../../store/scroll-tasks.ts";
import { untilDone } from "../retrying.ts";
import {
	endedWithSidecar,
	errorJson,
	type RunningTask,
} from "./running-task.ts";
import type { TaskFacts } from "./shown-task.ts";

export interface TaskReportOptions {
	store: ScrollTaskStore;
	/** Time between two reports, milliseconds. */
	reportMs: number;
	/** The sidecar ends: what can't be stored at once is not stored. */
	stopping: AbortSignal;
	logger: Logger;
}

/**
 * Stores how far a task is, again and again, and takes up what clients of other sidecars wish for it; in the end, its end.
 * Never rejects.
 */
export async function reportTask(
	task: RunningTask,
	{ store, reportMs, stopping, logger }: TaskReportOptions,
): Promise<void> {
	const { id } = task;
	const notStored = (error: unknown) =>
		logger.warn({ err: error, task: id }, "the state of a task is not stored");
	const ended = new AbortController();
	const end = () => ended.abort();
	task.end.then(end, end);
	for (;;) {
		const { signal } = ended;
		await setTimeout(reportMs, undefined, { signal }).catch(() => undefined);
		if (signal.aborted) break;
		await store.change(id, (current) => told(current, task)).catch(notStored);
	}
	const outcome = await outcomeOf(task, logger);
	const storeEnd = () =>
		store.change(id, (current) => ({
			...told(current, task),
			...outcome,
			completed: true,
		}));
	await untilDone(stopping, storeEnd, notStored).catch(notStored);
}

/** What is stored of a task; a wish that is in it is carried out. */
function told(current: StoredScrollTask, task: RunningTask): StoredScrollTask {
	const { rate, ...rest } = current;
	if (current.cancelled_time !== undefined) task.cancel(current.cancelled_time);
	if (rate !== undefined)
		task.rethrottle(rate < 0 ? Number.POSITIVE_INFINITY : rate);
	return { ...rest, ...storedFacts(task.facts) };
}

/** The number of a task is in its id. */
export function storedFacts({
	number: _inId,
	...facts
}: TaskFacts): Omit<TaskFacts, "number"> {
	return facts;
}

async function outcomeOf(
	task: RunningTask,
	logger: Logger,
): Promise<Pick<StoredScrollTask, "response" | "error">> {
	try {
		const { body } = await task.end;
		return task.isStopped ? { error: endedWithSidecar } : { response: body };
	} catch (error) {
		if (task.isStopped) return { error: endedWithSidecar };
		logger.info({ err: error, task: task.id }, "a task failed");
		return { error: errorJson(error) };
	}
}
