import type { ActionStats, Latencies } from "../../schemas/stats.ts";

/** What is counted: the actions of ml-commons' statistics. */
export type Action = "register" | "deploy" | "undeploy" | "predict";

/** What a time is of: the whole request, or the model's part of it. */
export type Timed = "request" | "inference";

export interface Counted {
	action: Action;
	/** The model's function. */
	algorithm: string;
	/** Left out where the model has no id yet. */
	modelId?: string;
}

/** Models whose numbers are kept, the most recently used ones; deleted ones go first or last by that alone. */
const mostModels = 1_000;

interface ModelActivity {
	actions: Map<Action, ActionStats>;
	/** The last times, oldest first, milliseconds. */
	times: Record<Timed, number[]>;
}

/** What this sidecar has done since it began: the numbers of stats and profile. */
export class Activity {
	readonly #algorithms = new Map<string, Map<Action, ActionStats>>();
	readonly #models = new Map<string, ModelActivity>();
	readonly #window: () => number;
	#requests = 0;
	#failures = 0;
	#executing = 0;

	/** @param window how many of the last times are kept for each model */
	constructor(window: () => number) {
		this.#window = window;
	}

	/** Notes that something was asked for. */
	begin(counted: Counted): void {
		this.#requests++;
		for (const actions of this.#places(counted))
			entry(actions, counted.action).ml_action_request_count++;
	}

	/** Notes that it failed. */
	fail(counted: Counted): void {
		this.#failures++;
		// As in ml-commons, a deployment that fails later counts against the function alone.
		const { modelId: _model, ...ofFunction } = counted;
		const places = counted.action === "deploy" ? ofFunction : counted;
		for (const actions of this.#places(places)) {
			const stats = entry(actions, counted.action);
			stats.ml_action_failure_count = (stats.ml_action_failure_count ?? 0) + 1;
		}
	}

	/** Counts a request that is being worked on, for as long as it is. */
	async during<T>(work: () => Promise<T>): Promise<T> {
		this.#executing++;
		try {
			return await work();
		} finally {
			this.#executing--;
		}
	}

	/** @param milliseconds how long it took */
	time(modelId: string, of: Timed, milliseconds: number): void {
		const times = this.#model(modelId).times[of];
		times.push(milliseconds);
		const excess = times.length - this.#window();
		if (excess > 0) times.splice(0, excess);
	}

	/** Of the last requests; undefined before the first. */
	latencies(modelId: string, of: Timed): Latencies | undefined {
		const times = this.#models.get(modelId)?.times[of] ?? [];
		return times.length === 0 ? undefined : summary(times);
	}

	get counters() {
		return {
			ml_executing_task_count: this.#executing,
			ml_request_count: this.#requests,
			ml_failure_count: this.#failures,
		};
	}

	/** By algorithm in lower case, as ml-commons shows it, and by model. */
	get actions() {
		return {
			algorithms: shown(
				[...this.#algorithms].map(([name, actions]) => [
					name.toLowerCase(),
					actions,
				]),
			),
			models: shown(
				[...this.#models]
					.filter(([, { actions }]) => actions.size > 0)
					.map(([id, { actions }]) => [id, actions]),
			),
		};
	}

	#places({ algorithm, modelId }: Counted): Map<Action, ActionStats>[] {
		const ofAlgorithm = this.#algorithms.get(algorithm) ?? new Map();
		this.#algorithms.set(algorithm, ofAlgorithm);
		return modelId === undefined
			? [ofAlgorithm]
			: [ofAlgorithm, this.#model(modelId).actions];
	}

	#model(id: string): ModelActivity {
		const model = this.#models.get(id) ?? {
			actions: new Map(),
			times: { request: [], inference: [] },
		};
		// The order of the map is that of their use.
		this.#models.delete(id);
		this.#models.set(id, model);
		const [oldest] = this.#models.keys();
		if (this.#models.size > mostModels && oldest !== undefined)
			this.#models.delete(oldest);
		return model;
	}
}

function entry(actions: Map<Action, ActionStats>, action: Action): ActionStats {
	const stats = actions.get(action) ?? { ml_action_request_count: 0 };
	actions.set(action, stats);
	return stats;
}

function shown(entries: [string, Map<Action, ActionStats>][]) {
	return Object.fromEntries(
		entries.map(([name, actions]) => [name, Object.fromEntries(actions)]),
	);
}

/** Percentiles by the nearest rank. */
function summary(times: readonly number[]): Latencies {
	const sorted = [...times].sort((a, b) => a - b);
	const rank = (share: number) =>
		sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
	return {
		count: sorted.length,
		max: rank(1),
		min: rank(0),
		average: sorted.reduce((sum, time) => sum + time, 0) / sorted.length,
		p50: rank(0.5),
		p90: rank(0.9),
		p99: rank(0.99),
	};
}
