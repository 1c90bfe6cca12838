import { performance } from "node:perf_hooks";
import type { ModelSpec } from "../model-spec.ts";
import type { GraphFile } from "../preparation/graph-file.ts";
import { ModelSession, type Tokens } from "../session.ts";
import type { Runner, TimedOutputs } from "./runner.ts";

/**
 * A session on the thread that schedules: its runs need no other thread to wake up, and nothing else happens while they
 * last. For runs that are short, and while nothing else is to be run.
 */
export class InlineRunner implements Runner {
	readonly threads: number;
	readonly #session: ModelSession;

	private constructor(session: ModelSession, threads: number) {
		this.#session = session;
		this.threads = threads;
	}

	/** Takes as long as it takes to load the graph, in which nothing else happens. Rejects with the session's reason. */
	static async load(spec: ModelSpec, graph: GraphFile): Promise<InlineRunner> {
		const session = await ModelSession.create(spec, graph);
		return new InlineRunner(session, spec.threadsPerAllocation);
	}

	async run(inputs: readonly Tokens[]): Promise<TimedOutputs> {
		const start = performance.now();
		const outputs = await this.#session.runGroup(inputs);
		const micros = Math.round((performance.now() - start) * 1_000);
		return { outputs, micros, elapsedMicros: micros };
	}

	/** Frees the session; nothing may be run after it. */
	end(): Promise<void> {
		return this.#session.release();
	}
}
