import { setTimeout } from "node:timers/promises";
import type { Logger } from "pino";
import type { StoredScrollTask } from "../../../schemas/scroll-task.ts";
import { SidecarError } from "../../errors.ts";
import type { ScrollTaskStore } from "../../store/scroll-tasks.ts";
import type { CallAnswer } from "../writes/client-call.ts";
import { endedWithSidecar, RunningTask } from "./running-task.ts";
import type { ScrollJob } from "./scroll-job.ts";
import type { ShownTask, TaskFacts } from "./shown-task.ts";
import type { TaskOwner } from "./task-owner.ts";
import { reportTask, storedFacts } from "./task-report.ts";

export interface ScrollTasksOptions {
	store: ScrollTaskStore;
	owner: TaskOwner;
	/** Tasks at the same time at most. */
	runsLimit: number;
	/** Time between two reports of how far a task is, milliseconds. */
	reportMs: number;
	now: () => number;
	logger: Logger;
}

/** What a client wishes of a task. */
interface Wish {
	here(task: RunningTask): void;
	/** As it is to be stored for the sidecar that runs the task. */
	elsewhere: Partial<StoredScrollTask>;
}

/** Between two looks at a task for whose end a client waits, milliseconds: another sidecar may run it. */
const askMs = 250;

/** How long what was begun may take when the sidecar is stopped, milliseconds. */
const goodbyeMs = 5_000;

const taskId = /^[\w-]{1,100}:\d{1,19}$/;

/** The reindexes and updates by query of this sidecar, and what is stored of those of all sidecars. */
export class ScrollTasks {
	readonly #options: ScrollTasksOptions;
	readonly #running = new Map<string, RunningTask>();
	readonly #reports = new Set<Promise<void>>();
	readonly #stopping = new AbortController();
	readonly #stopped = new AbortController();
	#lastNumber = 0;

	constructor(options: ScrollTasksOptions) {
		this.#options = options;
	}

	/** Aborted when the sidecar can't wait for jobs any longer. */
	get stopped(): AbortSignal {
		return this.#stopped.signal;
	}

	/** Does a job for a client that waits. @throws RefusedCall, SidecarError */
	async run(job: ScrollJob): Promise<CallAnswer> {
		const task = this.#begin(job);
		try {
			const answer = await task.end;
			if (!task.isStopped) return answer;
		} catch (error) {
			if (!task.isStopped) throw error;
		} finally {
			this.#running.delete(task.id);
		}
		throw new SidecarError(
			"upstream_unavailable",
			`the sidecar was stopped before the end: ${job.status}`,
		);
	}

	/** Does a job for a client that does not wait. @returns the id of its task */
	async start(job: ScrollJob): Promise<string> {
		const { owner, store } = this.#options;
		const task = this.#begin(job);
		const { id } = task;
		// It is told in the report, and to whoever asks for the task.
		task.end.catch(() => undefined);
		try {
			await store.create(id, {
				...owner.self,
				...storedFacts(task.facts),
				completed: false,
			});
		} catch (error) {
			job.cancel("it could not be stored");
			await task.end.catch(() => undefined);
			this.#running.delete(id);
			throw error;
		}
		const stopping = this.#stopping.signal;
		const report = reportTask(task, { ...this.#options, stopping });
		this.#reports.add(report);
		// Until its end is stored, it counts as running.
		report.finally(() => {
			this.#running.delete(id);
			this.#reports.delete(report);
		});
		return id;
	}

	/** A task of any sidecar; undefined where there is none of this id. */
	async get(id: string): Promise<ShownTask | undefined> {
		const own = this.#running.get(id);
		if (own) return running(own);
		if (!taskId.test(id)) return undefined;
		const stored = await this.#options.store.get(id);
		if (!stored) return undefined;
		const { owner } = this.#options;
		const isLost = !stored.completed && (await owner.hasEnded(stored));
		return {
			id,
			completed: stored.completed || isLost,
			facts: factsIn(id, stored),
			response: stored.response,
			error: isLost ? endedWithSidecar : stored.error,
		};
	}

	/**
	 * A task of any sidecar once it has ended; undefined where it does not in so many milliseconds, is not there, or nobody
	 * waits any more.
	 */
	async ended(
		id: string,
		timeoutMs: number,
		client: AbortSignal,
	): Promise<ShownTask | undefined> {
		const { now } = this.#options;
		const until = now() + timeoutMs;
		for (;;) {
			const task = await this.get(id);
			if (!task || task.completed) return task;
			const left = until - now();
			const isLeft = client.aborted || this.#stopping.signal.aborted;
			if (left <= 0 || isLeft) return undefined;
			await setTimeout(Math.min(left, askMs));
		}
	}

	/**
	 * Has a task end; one of another sidecar when that next tells how far it is.
	 *
	 * @returns the task; undefined where none of this id runs
	 */
	cancel(id: string): Promise<ShownTask | undefined> {
		const time = Date.now();
		return this.#wish(id, {
			here: (task) => task.cancel(time),
			elsewhere: { cancelled_time: time },
		});
	}

	/** Has a task write so many documents a second; infinite for as many as can be. See {@link cancel}. */
	rethrottle(id: string, rate: number): Promise<ShownTask | undefined> {
		return this.#wish(id, {
			here: (task) => task.rethrottle(rate),
			elsewhere: { rate: Number.isFinite(rate) ? rate : -1 },
		});
	}

	/** The tasks of this process. */
	running(): TaskFacts[] {
		return [...this.#running.values()].map(({ facts }) => facts);
	}

	/** Ends every task, and says so in what is stored of it. */
	async close(): Promise<void> {
		this.#stopping.abort();
		const tasks = [...this.#running.values()];
		for (const task of tasks) task.stop();
		const ended = Promise.allSettled(tasks.map(({ end }) => end));
		const giveUp = new AbortController();
		const late = setTimeout(goodbyeMs, undefined, { signal: giveUp.signal });
		await Promise.race([ended, late.catch(() => undefined)]);
		giveUp.abort();
		this.#stopped.abort(new Error("the sidecar is being stopped"));
		await ended;
		await Promise.all(this.#reports);
	}

	#begin(job: ScrollJob): RunningTask {
		const { runsLimit, now, owner } = this.#options;
		if (this.#stopping.signal.aborted)
			throw new SidecarError(
				"upstream_unavailable",
				"the sidecar is being stopped",
			);
		if (this.#running.size >= runsLimit)
			throw new SidecarError(
				"too_many_requests",
				`${runsLimit} reindexes and updates by query run already, SIDECAR_REINDEX_LIMIT allows no more`,
			);
		// Not from 1 on: tasks from before a restart have the same node.
		this.#lastNumber = Math.max(Date.now(), this.#lastNumber + 1);
		const { node } = owner.self;
		const task = new RunningTask({ node, number: this.#lastNumber, job, now });
		this.#running.set(task.id, task);
		return task;
	}

	async #wish(
		id: string,
		{ here, elsewhere }: Wish,
	): Promise<ShownTask | undefined> {
		const own = this.#running.get(id);
		if (own) {
			here(own);
			return running(own);
		}
		if ((await this.get(id))?.completed !== false) return undefined;
		const stored = await this.#options.store.change(id, (current) =>
			current.completed ? undefined : { ...current, ...elsewhere },
		);
		return stored && !stored.completed
			? { id, completed: false, facts: factsIn(id, stored) }
			: undefined;
	}
}

function running({ id, facts }: RunningTask): ShownTask {
	return { id, completed: false, facts };
}

function factsIn(id: string, stored: StoredScrollTask): TaskFacts {
	return { ...stored, number: Number(id.slice(id.lastIndexOf(":") + 1)) };
}
