import pLimit from "p-limit";
import {
	type ScrollStatus,
	scrollActions,
} from "../../../schemas/scroll-task.ts";
import { RefusedCall } from "../../errors.ts";
import type { CallAnswer } from "../writes/client-call.ts";
import { allEnd } from "./all-end.ts";
import { mergedStatus } from "./scroll-counts.ts";
import { ScrollRun, type ScrollRunOptions } from "./scroll-run.ts";

export interface ScrollJobOptions
	extends Omit<ScrollRunOptions, "slice" | "ended"> {
	/** Undefined where the work is not divided. */
	slices: number | undefined;
}

/** Slices of one job that are worked on at the same time: a page of each is in memory. */
const slicesAtOnce = 2;

/** A whole reindex or update by query. */
export class ScrollJob {
	readonly #options: ScrollJobOptions;
	readonly #runs: readonly ScrollRun[];
	readonly #ended = new AbortController();

	constructor(options: ScrollJobOptions) {
		const { plan, slices } = options;
		this.#options = options;
		const count = slices ?? 1;
		this.#runs = Array.from({ length: count }, (_, id) => {
			const { maxDocs, requestsPerSecond } = plan;
			return new ScrollRun({
				...options,
				plan: {
					...plan,
					maxDocs:
						maxDocs === undefined ? undefined : Math.floor(maxDocs / count),
					requestsPerSecond: requestsPerSecond / count,
				},
				slice: slices === undefined ? undefined : { id, max: slices },
				ended: this.#ended.signal,
			});
		});
	}

	get plan() {
		return this.#options.plan;
	}

	get isCancelled(): boolean {
		return this.#ended.signal.aborted;
	}

	/** As JSON: that of all slices together, and of each. */
	get status(): string {
		return JSON.stringify(this.#statusOf((status) => status));
	}

	/** Has the job end where it can; what was begun is written. */
	cancel(reason: string): void {
		this.#ended.abort(reason);
	}

	/** @param rate documents a second for all slices together; infinite for as many as can be */
	rethrottle(rate: number): void {
		for (const run of this.#runs)
			run.requestsPerSecond = rate / Math.min(this.#runs.length, slicesAtOnce);
	}

	/**
	 * Does the work.
	 *
	 * @returns what a client is told
	 * @throws RefusedCall, SidecarError
	 */
	async run(): Promise<CallAnswer> {
		const { now, plan } = this.#options;
		const begunAt = now();
		const limit = pLimit(slicesAtOnce);
		const outcomes = await allEnd(
			this.#runs.map((run) => limit(() => run.run())),
		);
		if (plan.refreshes && !this.isCancelled) await this.#refresh();
		const timedOut = outcomes.some((outcome) => outcome.timedOut);
		const body = JSON.stringify({
			took: Math.round(now() - begunAt),
			timed_out: timedOut,
			...this.#statusOf((status) => this.#shown(status)),
		});
		const failures = outcomes.flatMap((outcome) => outcome.failures);
		const worst = Math.max(...outcomes.map((one) => one.failureStatus));
		return {
			status: timedOut ? 408 : worst === 0 ? 200 : worst,
			body: `${body.slice(0, -1)},"failures":[${failures.join(",")}]}`,
		};
	}

	async #refresh(): Promise<void> {
		const indices = new Set(this.#runs.flatMap((run) => [...run.indices]));
		if (indices.size === 0) return;
		const names = [...indices].map(encodeURIComponent).join(",");
		const url = `/${names}/_refresh`;
		const answer = await this.#options.call({ method: "POST", url });
		if (answer.status !== 200) throw new RefusedCall(answer);
	}

	#statusOf(shown: (status: ScrollStatus) => object): object {
		const statuses = this.#runs.map((run) => run.status);
		return {
			...shown(mergedStatus(statuses)),
			...(this.#options.slices !== undefined && {
				slices: statuses.map((status, id) => ({
					slice_id: id,
					...shown(status),
				})),
			}),
		};
	}

	/** An update by query makes no documents, and says nothing of that at its end. */
	#shown(status: ScrollStatus): object {
		if (this.plan.action === scrollActions.reindex) return status;
		const { created: _none, ...shown } = status;
		return shown;
	}
}
