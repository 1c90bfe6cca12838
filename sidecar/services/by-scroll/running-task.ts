import { errorEnvelope, RefusedCall, SidecarError } from "../../errors.ts";
import { rawMembers } from "../../search/raw-json.ts";
import type { CallAnswer } from "../writes/client-call.ts";
import type { ScrollJob } from "./scroll-job.ts";
import type { TaskFacts } from "./shown-task.ts";

/** Why a client's cancellation ended a task, in OpenSearch's words. */
const byUser = "by user request";

export interface RunningTaskOptions {
	node: string;
	number: number;
	job: ScrollJob;
	now: () => number;
}

/** A task of this process. */
export class RunningTask {
	readonly id: string;
	/** Settled when the job has ended. */
	readonly end: Promise<CallAnswer>;
	readonly #options: RunningTaskOptions;
	readonly #startTime = Date.now();
	readonly #begunAt: number;
	#cancelledTime: number | undefined;
	#isStopped = false;

	/** Begins the job. */
	constructor(options: RunningTaskOptions) {
		const { node, number, job, now } = options;
		this.#options = options;
		this.id = `${node}:${number}`;
		this.#begunAt = now();
		this.end = job.run();
	}

	get facts(): TaskFacts {
		const { node, number, job, now } = this.#options;
		const { action, description } = job.plan;
		return {
			node,
			number,
			action,
			description,
			status: job.status,
			start_time: this.#startTime,
			running_ms: Math.round(now() - this.#begunAt),
			...(this.#cancelledTime !== undefined && {
				cancelled_time: this.#cancelledTime,
			}),
		};
	}

	/** Whether it was the end of the sidecar that ended it. */
	get isStopped(): boolean {
		return this.#isStopped;
	}

	/** A client does not want it any more. */
	cancel(time: number): void {
		this.#cancelledTime ??= time;
		this.#options.job.cancel(byUser);
	}

	/** The sidecar ends; unless a client has cancelled it, the task ends with it. */
	stop(): void {
		this.#isStopped = this.#cancelledTime === undefined;
		this.#options.job.cancel("the sidecar was stopped");
	}

	/** @param rate documents a second; infinite for as many as can be */
	rethrottle(rate: number): void {
		this.#options.job.rethrottle(rate);
	}
}

/** The end of a task that has ended with its sidecar, as JSON. */
export const endedWithSidecar = JSON.stringify({
	type: "task_cancelled_exception",
	reason:
		"the sidecar that ran the task ended before the task did: what its status counts is done, start it again for the rest",
});

/** OpenSearch's error object for what ended a job, as JSON. */
export function errorJson(error: unknown): string {
	if (error instanceof RefusedCall)
		try {
			const own = rawMembers(error.answer.body).get("error");
			if (own?.startsWith("{")) return own;
		} catch {
			// An answer of something between here and OpenSearch has no error object.
		}
	const known =
		error instanceof SidecarError
			? error
			: new SidecarError("internal", "the sidecar failed", { cause: error });
	return JSON.stringify(errorEnvelope(known).error);
}
