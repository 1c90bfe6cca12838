import { refusalOf } from "../messages.ts";
import type { ModelSpec } from "../model-spec.ts";
import type { ModelStart } from "../preparation/prepared-start.ts";
import { alone } from "./grouping.ts";
import { InferenceWorker } from "./inference-worker.ts";
import { InlineRunner } from "./inline-runner.ts";
import { type LoneCheck, passes } from "./lone-check.ts";
import type { Scheduler } from "./scheduler.ts";

const asItCame: ModelStart = {
	graph: { form: "original" },
	grouping: alone,
};

/** How many allocations there are to be, and ONNX Runtime's threads in each. */
export type Wanted = Pick<ModelSpec, "allocations" | "threadsPerAllocation">;

export interface AllocationsOptions {
	spec: ModelSpec;
	/** The one that serves already. */
	first: InferenceWorker;
	/** What a session of more threads has to pass; none is made without it. */
	check: LoneCheck | undefined;
	scheduler: Scheduler;
	/** How many there are now. */
	onChange: (allocations: number) => void;
}

/**
 * The allocations of a model: workers join and leave while the others serve, one at a time, since loading takes a
 * processor, and more memory than what is loaded. Where one cannot be had, the model serves with those it has.
 */
export class Allocations {
	readonly #options: AllocationsOptions;
	#present: InferenceWorker[];
	#wanted: Wanted;
	/** What workers are loaded from, and may run together; undefined until that is known. */
	#start: ModelStart | undefined;
	/** They run texts that come alone; and what threads allocations had when they were loaded. */
	#lone: { runners: readonly InlineRunner[]; besides: number } | undefined;
	#changing = false;

	constructor(options: AllocationsOptions) {
		this.#options = options;
		this.#present = [options.first];
		this.#wanted = options.spec;
	}

	/** From now on workers join, loaded from this graph; one that was loaded from another is replaced. */
	begin(start: ModelStart): Promise<void> {
		this.#start = start;
		return this.want(this.#wanted);
	}

	/** Sees to it that there are so many, once they may join; the last call counts. */
	async want(wanted: Wanted): Promise<void> {
		this.#wanted = wanted;
		if (this.#start === undefined || this.#changing) return;
		this.#changing = true;
		let tried: Wanted;
		do {
			tried = this.#wanted;
			try {
				while (await this.#change());
			} catch (error) {
				console.error(
					`the model runs with ${this.#present.length} of ${tried.allocations} allocations: ${refusalOf(error).reason}`,
				);
			}
		} while (tried !== this.#wanted);
		this.#changing = false;
	}

	/** One step towards what is wanted. @returns false where there is nothing left to do */
	async #change(): Promise<boolean> {
		const { allocations, threadsPerAllocation: threads } = this.#wanted;
		const fitting = this.#present.filter((one) => this.#fits(one, threads));
		const outdated = this.#present.find((one) => !fitting.includes(one));
		// What may run together is known of these threads and this graph alone.
		if (outdated !== undefined) this.#options.scheduler.grouping = alone;
		if (fitting.length < allocations) await this.#add(threads);
		const surplus =
			outdated ?? (fitting.length > allocations ? fitting.at(-1) : undefined);
		if (surplus !== undefined) await this.#end(surplus);
		if (surplus !== undefined || fitting.length < allocations) return true;
		const { spec, scheduler } = this.#options;
		const isKnown = threads === spec.threadsPerAllocation;
		scheduler.grouping = (isKnown && this.#start?.grouping) || alone;
		return this.#seeToLone(threads);
	}

	#fits(worker: InferenceWorker, threads: number): boolean {
		return (
			worker.threads === threads && worker.form === this.#start?.graph.form
		);
	}

	/**
	 * Sessions on the thread that schedules, for texts that come alone: they are no allocations, since they never run beside
	 * them.
	 */
	async #seeToLone(threads: number): Promise<boolean> {
		const { spec, check } = this.#options;
		const { loneThreads = 0 } = spec;
		// Any other graph takes too long to load on the thread that schedules.
		const isQuick = this.#start?.graph.form === "prepared";
		const isDue = check !== undefined && isQuick && loneThreads > threads;
		const isRight = isDue
			? this.#lone?.besides === threads
			: this.#lone === undefined;
		if (isRight) return false;
		await this.#endLone();
		if (!isDue) return true;
		const one = await this.#loadLone(threads);
		this.#useLone([one], threads);
		const several = await this.#loadLone(loneThreads);
		// A vector depends on its text alone.
		if (await passes(several, check)) this.#useLone([one, several], threads);
		else await several.end();
		return true;
	}

	#useLone(runners: readonly InlineRunner[], besides: number): void {
		this.#lone = { runners, besides };
		this.#options.scheduler.lone = runners;
	}

	#loadLone(threadsPerAllocation: number): Promise<InlineRunner> {
		const { graph } = this.#start ?? asItCame;
		const spec = { ...this.#options.spec, threadsPerAllocation };
		return InlineRunner.load(spec, graph);
	}

	async #endLone(): Promise<void> {
		const { scheduler } = this.#options;
		const outdated = this.#lone?.runners ?? [];
		this.#lone = undefined;
		scheduler.lone = [];
		for (const runner of outdated) {
			await scheduler.remove(runner);
			await runner.end();
		}
	}

	async #add(threads: number): Promise<void> {
		const { scheduler, onChange } = this.#options;
		const worker = await this.#load(threads);
		this.#present.push(worker);
		onChange(this.#present.length);
		scheduler.add(worker);
	}

	async #load(threads: number): Promise<InferenceWorker> {
		const worker = new InferenceWorker();
		const spec = { ...this.#options.spec, threadsPerAllocation: threads };
		try {
			await this.#loadInto(worker, spec);
			return worker;
		} catch (error) {
			await worker.end();
			throw error;
		}
	}

	async #loadInto(worker: InferenceWorker, spec: ModelSpec): Promise<void> {
		const { graph } = this.#start ?? asItCame;
		try {
			await worker.load(spec, graph);
		} catch (error) {
			if (graph.form === "original") throw error;
			// It has been deleted, to make room in the cache folder.
			this.#start = asItCame;
			await worker.load(spec, asItCame.graph);
		}
	}

	async #end(worker: InferenceWorker): Promise<void> {
		this.#present = this.#present.filter((one) => one !== worker);
		await this.#options.scheduler.remove(worker);
		await worker.end();
		this.#options.onChange(this.#present.length);
	}
}
